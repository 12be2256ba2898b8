package io.mds.idle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class IdleSpinTest {
    private static final Duration TOO_SHORT = Duration.ofNanos(1);

    private static void lookInVain(IdleSpin spin) {
        IdleSpin.Look look = spin.look();
        while (look.again()) {
            // Nothing comes.
        }
    }

    @Test
    void withoutALimitNobodyLooks() {
        assertThat(new IdleSpin(Duration.ZERO).look().again()).isFalse();
    }

    @Test
    void lookingEndsAtItsLimit() {
        lookInVain(new IdleSpin(Duration.ofMillis(1)));
    }

    @Test
    void whatOneLookHasLearntHoldsForOthersAndPasses() {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "there is nothing to look for on one core");
        IdleSpin spin = new IdleSpin(TOO_SHORT);
        await().until(() -> {
            lookInVain(spin);
            return !spin.look().again();
        });
        await().until(() -> spin.look().again());
    }
}
