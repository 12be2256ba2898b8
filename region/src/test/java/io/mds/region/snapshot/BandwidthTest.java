package io.mds.region.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The pace that pulls keep together. */
class BandwidthTest {
    @Test
    void pullsShareTheBandwidth() {
        AtomicLong clock = new AtomicLong(5);
        Bandwidth bandwidth = new Bandwidth(1_000, clock::get);
        assertThat(bandwidth.take(100)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
        assertThat(bandwidth.take(200)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(300));
        clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(250));
        assertThat(bandwidth.take(0)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(50));
        clock.addAndGet(TimeUnit.SECONDS.toNanos(10));
        assertThat(bandwidth.take(10)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(10));
    }
}
