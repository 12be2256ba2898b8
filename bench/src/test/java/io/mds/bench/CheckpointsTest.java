package io.mds.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CheckpointsTest {
    @Test
    void theCountIsFoundAmongOtherMetrics() {
        String metrics = """
                # HELP mds_store_checkpoint_seconds Time of one checkpoint of the store
                # TYPE mds_store_checkpoint_seconds summary
                mds_store_checkpoint_seconds_count 3
                mds_store_checkpoint_seconds_sum 12.5
                # TYPE mds_store_checkpoint_seconds_max gauge
                mds_store_checkpoint_seconds_max 7.25
                """;
        assertThat(Checkpoints.countIn(metrics)).isEqualTo(3);
    }

    @Test
    void aRegionThatDoesNotTellIsNotWaitedFor() {
        assertThatThrownBy(() -> Checkpoints.countIn("mds_log_size_bytes 7\n"))
                .hasMessageContaining("mds_store_checkpoint_seconds_count");
    }
}
