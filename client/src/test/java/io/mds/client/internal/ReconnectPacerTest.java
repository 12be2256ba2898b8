package io.mds.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReconnectPacerTest {
    private static final long HURRIED = ReconnectPacer.HURRIED_SPREAD.toNanos();

    private final List<Long> pauses = new ArrayList<>();
    private final List<Runnable> steps = new ArrayList<>();
    private final AtomicInteger gone = new AtomicInteger();

    private ReconnectPacer pacer() {
        return new ReconnectPacer((step, nanos) -> {
            steps.add(step);
            pauses.add(nanos);
        });
    }

    @Test
    void whoIsNotWaitedForTakesItsTime() {
        IntStream.range(0, 1_000).forEach(i -> pacer().pause(gone::incrementAndGet));
        assertThat(pauses).allMatch(nanos -> nanos < ReconnectPacer.SPREAD.toNanos());
        assertThat(pauses.stream().filter(nanos -> nanos > HURRIED).count()).isGreaterThan(900);
    }

    @Test
    void whoIsWaitedForComesNearlyAtOnce() {
        for (int i = 0; i < 1_000; i++) {
            ReconnectPacer pacer = pacer();
            pacer.hurry();
            pacer.pause(gone::incrementAndGet);
        }
        assertThat(pauses).hasSize(1_000).allMatch(nanos -> nanos < HURRIED);
    }

    @Test
    void aCallThatComesDuringThePauseCutsItShortOnce() {
        ReconnectPacer pacer = pacer();
        pacer.pause(gone::incrementAndGet);
        pacer.hurry();
        pacer.hurry();
        assertThat(pauses).hasSize(2);
        assertThat(pauses.get(1)).isLessThan(HURRIED);
        steps.forEach(Runnable::run);
        assertThat(gone).hasValue(1);
    }
}
