package io.mds.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.config.ConfigException;
import io.mds.config.Settings;
import io.mds.region.replication.ReplicaSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegionConfigTest {
    private static RegionConfig config(String... overrides) {
        return RegionConfig.from(RegionMain.settings(List.of(overrides)));
    }

    @Test
    void theReferenceIsAValidConfiguration() {
        RegionConfig config = config();
        assertThat(config.log().segmentBytes()).isEqualTo(64 << 20);
        assertThat(config.log().maxLogBytes()).isEqualTo(2L << 30);
        assertThat(config.limits().maxRowBytes()).isEqualTo(1 << 20);
        assertThat(config.snapshots().pageBytes()).isEqualTo(1 << 20);
        assertThat(config.store().copies()).isEqualTo(4);
    }

    @Test
    void beatsFollowTheLease() {
        assertThat(config().replication()).isEqualTo(ReplicaSettings.DEFAULTS);
        ReplicaSettings patient = config("replication.lease=1s").replication();
        assertThat(patient.lease()).isEqualTo(Duration.ofSeconds(1));
        assertThat(patient.beat()).isEqualTo(Duration.ofMillis(200));
        assertThat(patient.silence()).isEqualTo(Duration.ofSeconds(2));
        assertThatThrownBy(() -> config("replication.lease=2s"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("200ms")
                .hasMessageContaining("1500ms");
    }

    @Test
    void theRowCacheIsASizeOrAShareOfTheHeap() {
        long heap = Runtime.getRuntime().maxMemory();
        assertThat(config().store().rowCacheBytes()).isEqualTo(heap / 100 * 25);
        assertThat(config("store.row-cache=7 %").store().rowCacheBytes()).isEqualTo(heap / 100 * 7);
        assertThat(config("store.row-cache=96MiB").store().rowCacheBytes()).isEqualTo(96 << 20);
        assertThatThrownBy(() -> config("store.row-cache=a lot"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("a size such as 64MiB, or a share of the heap such as 25%, from 0B to 1TiB");
    }

    @Test
    void pagesOfSnapshotsFitTheFrames() {
        RegionConfig small = config("log.segment-size=1MiB", "rpc.max-frame=1000KiB", "limits.max-row=900KiB");
        assertThat(small.snapshots().pageBytes()).isEqualTo(500 << 10);
    }

    @Test
    void theShippedFileIsAValidConfiguration() {
        Settings settings =
                Settings.load(Path.of("../config/region.conf"), List.of(), Map.of(), "io/mds/region/reference.conf");
        assertThat(RegionConfig.from(settings).rpc().bind().port()).isEqualTo(7500);
    }

    @Test
    void aRegionNeedsZooKeeper() {
        assertThatThrownBy(() -> config("zookeeper.connect="))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("zookeeper.connect: '' (--set; expected: host:port of each ZooKeeper server");
    }

    @Test
    void theLogTakesWhateverFitsAMessage() {
        for (String frame : List.of("1100KiB", "16MiB", "60MiB", "256MiB")) {
            RegionConfig config = config("rpc.max-frame=" + frame, "log.segment-size=300MiB");
            int bytes = config.rpc().limits().maxFrameBytes();
            assertThat(config.log().maxEntryBytes()).as(frame).isEqualTo(bytes);
            assertThat(config.log().maxQueuedBytes()).as(frame).isGreaterThan(bytes);
        }
        RegionConfig small = config("log.segment-size=1MiB", "rpc.max-frame=1008KiB", "limits.max-row=992KiB");
        assertThat(small.log().maxEntryBytes()).isEqualTo(1008 << 10);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            log.segment-size=16MiB | log.segment-size: '16MiB' (--set; expected: at least 16KiB more than rpc.max-frame, which is '16MiB' by default)
            rpc.max-frame=64MiB | log.segment-size: '64MiB' (default; expected: at least 16KiB more than rpc.max-frame, which is '64MiB' (--set))
            log.max-size=100MiB | log.max-size: '100MiB' (--set; expected: at least twice log.segment-size, which is '64MiB' by default)
            rpc.max-frame=1MiB | limits.max-row: '1MiB' (default; expected: at least 16KiB less than rpc.max-frame, which is '1MiB' (--set))
            store.url=mysql://x | store.url: 'mysql://x' (--set; expected: empty, jdbc:h2:file:... or jdbc:postgresql://...)
            """)
    void limitsThatDoNotGoTogetherAreOneLineWithBothKeysAndWhereTheyAreFrom(String override, String problem) {
        assertThatThrownBy(() -> config(override))
                .isInstanceOf(ConfigException.class)
                .hasMessage(problem);
    }
}
