package io.mds.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetriesTest {

    @Test
    void theBudgetIsSpentAndComesBackWithTimeAndSuccess() {
        RetryPacer pacer = new RetryPacer(0);
        int taken = 0;
        while (pacer.tryTake(0)) {
            taken++;
        }
        assertThat(taken).isEqualTo(200);
        assertThat(pacer.tryTake(Duration.ofMillis(20).toNanos())).isTrue();
        assertThat(pacer.tryTake(Duration.ofMillis(20).toNanos())).isTrue();
        assertThat(pacer.tryTake(Duration.ofMillis(20).toNanos())).isFalse();
        for (int i = 0; i < 11; i++) {
            pacer.succeeded();
        }
        assertThat(pacer.tryTake(Duration.ofMillis(20).toNanos())).isTrue();
    }

    @Test
    void backoffDoublesWithinItsBounds() {
        Backoff backoff = new Backoff(Duration.ofMillis(10), Duration.ofSeconds(1));
        for (int round = 0; round < 200; round++) {
            assertThat(backoff.nanos(1)).isBetween(5_000_000L, 10_000_000L);
            assertThat(backoff.nanos(3)).isBetween(20_000_000L, 40_000_000L);
            assertThat(backoff.nanos(1_000)).isBetween(500_000_000L, 1_000_000_000L);
        }
    }

    @Test
    void closingTheTimerRunsWhatIsLeft() {
        ClientTimer timer = new ClientTimer("test-timer");
        StringBuffer ran = new StringBuffer();
        ClientTimer.Task unusedLate =
                timer.schedule(() -> ran.append("late "), Duration.ofHours(1).toNanos());
        timer.schedule(() -> ran.append("cancelled "), Duration.ofHours(1).toNanos())
                .cancel();
        timer.close();
        ClientTimer.Task unusedAfter = timer.schedule(() -> ran.append("after"), 0);
        assertThat(ran).hasToString("late after");
    }
}
