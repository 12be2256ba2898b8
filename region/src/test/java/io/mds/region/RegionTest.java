package io.mds.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.config.ConfigException;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.store.Store;
import io.mds.region.store.Writes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a region makes of a store whose log is gone. No ZooKeeper and no master is needed to start. */
class RegionTest {
    private static final ShardId SHARD = new ShardId(1);

    @TempDir
    private Path parent;

    private Path directory;
    private RegionConfig config;

    @BeforeEach
    void makeStoreWithoutLog() throws IOException {
        directory = Files.createDirectory(parent.resolve("data"));
        config = RegionConfig.from(RegionMain.settings(
                List.of("data.dir=" + directory, "rpc.port=0", "admin.port=0", "zookeeper.connect=127.0.0.1:1")));
        try (Store store = Store.open(config.store(), new SimpleMeterRegistry())) {
            store.createShard(SHARD, Writes.SCHEMA, new ViewNumber(1));
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(parent)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aRegionWhoseLogIsGoneBeginsAnewWhenOthersHaveItsShards() throws IOException {
        Region region = new Region(config);
        region.start();
        region.halt();
        assertThat(names()).hasSize(2).first().isEqualTo("data");
        assertThat(names().get(1)).startsWith("data.damaged-");
        try (Store store = Store.open(config.store(), new SimpleMeterRegistry())) {
            assertThat(store.shards()).isEmpty();
        }
    }

    @Test
    void aRegionWhoseLogIsGoneDoesNotStartHoweverOftenWhenNobodyElseHasItsShards() throws IOException {
        new SoleShards(directory).record(Set.of(SHARD));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> new Region(config).start())
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(
                            "the store has 1 shards, and their log is missing from " + directory.resolve("log"))
                    .hasMessageContaining("such as shard 1");
        }
        assertThat(names()).containsExactly("data");
    }
}
