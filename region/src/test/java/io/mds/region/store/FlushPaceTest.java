package io.mds.region.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FlushPaceTest {
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicBoolean awaited = new AtomicBoolean();
    private final FlushPace calm = new FlushPace(() -> {
        asked.incrementAndGet();
        return 3;
    });

    @Test
    void aCalmFlushRestsForLongerThanItWorked() {
        calm.begin();
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < 2_000_000) {
            Thread.onSpinWait();
        }
        long worked = System.nanoTime();
        calm.partWritten();
        assertThat(System.nanoTime() - worked).isGreaterThan(worked - begin);
    }

    @Test
    void itIsLookedAtEachPartWhetherSomebodyWaits() {
        FlushPace pace = calm.unless(awaited::get);
        pace.begin();
        pace.partWritten();
        awaited.set(true);
        pace.partWritten();
        assertThat(asked).hasValue(1);
    }

    @Test
    void anInterruptEndsTheRestsAndIsKept() {
        Thread.currentThread().interrupt();
        calm.begin();
        calm.partWritten();
        assertThat(Thread.interrupted()).isTrue();
    }
}
