package io.mds.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.rpc.HostPort;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReplicaChoiceTest {
    private static final HostPort A = new HostPort("a", 1);
    private static final HostPort B = new HostPort("b", 1);
    private static final HostPort C = new HostPort("c", 1);
    private static final List<HostPort> ALL = List.of(A, B, C);

    private final ReplicaChoice choice = new ReplicaChoice();
    private long now = System.nanoTime();

    private Map<HostPort, Integer> choices(int count) {
        Map<HostPort, Integer> chosen = new HashMap<>();
        for (int i = 0; i < count; i++) {
            chosen.merge(choice.choose(ALL, List.of(), now), 1, Integer::sum);
        }
        return chosen;
    }

    private void measured(HostPort region, long ms) {
        for (int i = 0; i < 50; i++) {
            choice.answered(region, TimeUnit.MILLISECONDS.toNanos(ms));
        }
    }

    @Test
    void equallyNearReplicasShareTheReads() {
        ALL.forEach(region -> measured(region, 1));
        assertThat(choices(3_000).values()).hasSize(3).allMatch(count -> count > 700);
    }

    @Test
    void theNearestIsPreferredAndTheOthersAreLookedAtNowAndThen() {
        measured(A, 1);
        measured(B, 20);
        measured(C, 30);
        Map<HostPort, Integer> chosen = choices(5_000);
        assertThat(chosen.get(A)).isGreaterThan(4_500);
        assertThat(chosen.get(B)).isPositive();
        assertThat(chosen.get(C)).isPositive();
    }

    @Test
    void oneThatFailedIsLeftAloneThenTriedByOneReadAndUsedAgainWhenItAnswers() {
        choice.failed(A, now);
        assertThat(choices(500)).doesNotContainKey(A);
        now += TimeUnit.SECONDS.toNanos(1);
        assertThat(choice.choose(ALL, List.of(), now)).isEqualTo(A);
        assertThat(choices(500)).doesNotContainKey(A);
        measured(A, 1);
        assertThat(choices(500)).containsKey(A);
    }

    @Test
    void whenAllFailedTheyAreAskedNeverthelessEachOnce() {
        ALL.forEach(region -> choice.failed(region, now));
        HostPort first = choice.choose(ALL, List.of(), now);
        HostPort second = choice.choose(ALL, List.of(first), now);
        HostPort third = choice.choose(ALL, List.of(first, second), now);
        assertThat(List.of(first, second, third)).containsExactlyInAnyOrder(A, B, C);
        assertThat(choice.choose(ALL, ALL, now)).isNull();
        assertThat(choice.choose(List.of(), List.of(), now)).isNull();
    }
}
