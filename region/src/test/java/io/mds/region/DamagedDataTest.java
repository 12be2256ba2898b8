package io.mds.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.config.ConfigException;
import io.mds.id.ShardId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of data that nothing can be built on. */
class DamagedDataTest {
    @TempDir
    private Path parent;

    private Path directory;

    @BeforeEach
    void makeDirectory() throws Exception {
        directory = Files.createDirectory(parent.resolve("data"));
        Files.writeString(directory.resolve("store.mv.db"), "rubbish");
    }

    private List<String> names() throws Exception {
        try (Stream<Path> files = Files.list(parent)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void dataWhoseShardsHaveOtherReplicasIsMovedAside() throws Exception {
        new SoleShards(directory).record(Set.of(new ShardId(4)));
        new SoleShards(directory).record(Set.of());
        DamagedData.setAside(directory, "the store is damaged");
        assertThat(names()).singleElement().asString().startsWith("data.damaged-");
    }

    @Test
    void dataWithShardsThatNobodyElseHasStaysWhereItIs() throws Exception {
        new SoleShards(directory).record(Set.of(new ShardId(4), new ShardId(12)));
        assertThat(SoleShards.read(directory)).containsExactlyInAnyOrder(new ShardId(4), new ShardId(12));
        assertThatThrownBy(() -> DamagedData.setAside(directory, "the store is damaged"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("2 of its shards")
                .hasMessageContaining("Restore the directory from a copy");
        assertThat(names()).containsExactly("data");
    }

    @Test
    void whatWasFoundWhileItRanIsKnownToTheNextStart() throws Exception {
        assertThat(DamagedData.marked(directory)).isNull();
        DamagedData.mark(directory, "page 7 is damaged");
        assertThat(DamagedData.marked(directory)).isEqualTo("page 7 is damaged");
    }
}
