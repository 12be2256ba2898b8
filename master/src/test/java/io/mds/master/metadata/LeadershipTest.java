package io.mds.master.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.Epoch;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LeadershipTest {
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1000);
    private final Leadership leadership =
            new Leadership(new Epoch(3), 7, 1, clock.get(), Duration.ofSeconds(9), clock::get);

    @Test
    void isValidOnlyForALimitedTimeAfterTheSendingOfItsLastProof() {
        assertThat(leadership.isValid()).isTrue();
        pass(Duration.ofMillis(8999));
        assertThat(leadership.isValid()).isTrue();
        pass(Duration.ofMillis(1));
        assertThat(leadership.isValid()).isFalse();
    }

    @Test
    void aProofThatWasSentEarlierDoesNotTurnTheClockBack() {
        long early = clock.get();
        pass(Duration.ofSeconds(5));
        leadership.prove(clock.get());
        leadership.prove(early);
        pass(Duration.ofSeconds(8));
        assertThat(leadership.isValid()).isTrue();
    }

    @Test
    void answersButDoesNotWriteWhileSuspended() {
        leadership.suspended(true);
        assertThat(leadership.isValid()).isTrue();
        assertThat(leadership.mayWrite()).isFalse();
        leadership.suspended(false);
        assertThat(leadership.mayWrite()).isTrue();
    }

    @Test
    void onceRevokedItStaysSoAndKeepsTheFirstReason() throws InterruptedException {
        leadership.revoke("first");
        leadership.revoke("second");
        leadership.prove(clock.get());
        assertThat(leadership.isValid()).isFalse();
        assertThat(leadership.revocation()).isEqualTo("first");
        assertThat(leadership.awaitEnd(Duration.ZERO)).isTrue();
    }

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }
}
