package io.mds.region.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.LogIndex;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a follower may say of the age of its answers. */
class FreshnessTest {
    private final Freshness freshness = new Freshness();

    private long staleness(long nowMillis) {
        return freshness
                .stalenessMillis(nowMillis, TimeUnit.MILLISECONDS.toNanos(nowMillis))
                .orElse(-1);
    }

    private void heard(long committed, long here, long newestAt, long nowMillis) {
        freshness.heard(
                new LogIndex(committed), new LogIndex(here), newestAt, TimeUnit.MILLISECONDS.toNanos(nowMillis));
    }

    @Test
    void nothingIsKnownBeforeALeaderHasSpoken() {
        freshness.applied(new LogIndex(5));
        assertThat(staleness(1_000)).isEqualTo(-1);
    }

    @Test
    void ageCountsFromTheTimeAtWhichALeaderKnewThatItWasTheNewest() {
        heard(5, 5, 1_000, 1_000);
        assertThat(staleness(1_000)).as("not applied yet").isEqualTo(-1);
        freshness.applied(new LogIndex(5));
        assertThat(staleness(1_040)).isBetween(40L, 41L);
        heard(6, 6, 1_050, 1_050);
        assertThat(staleness(1_060)).as("what was heard last is not applied").isBetween(60L, 61L);
        freshness.applied(new LogIndex(6));
        assertThat(staleness(1_060)).isBetween(10L, 11L);
    }

    @Test
    void anAppendThatWasLongOnItsWayIsAsOldAsItIs() {
        freshness.applied(new LogIndex(5));
        heard(5, 5, 1_000, 9_000);
        assertThat(staleness(9_000)).isEqualTo(8_000);
    }

    @Test
    void aLeaderThatMayHaveBeenReplacedProvesNothing() {
        freshness.applied(new LogIndex(5));
        heard(5, 5, 1_000, 1_000);
        heard(5, 5, 0, 4_000);
        assertThat(staleness(4_000)).isBetween(3_000L, 3_001L);
    }

    @Test
    void aClockThatIsBehindDoesNotMakeAnswersYounger() {
        freshness.applied(new LogIndex(5));
        heard(5, 5, 2_000, 1_000);
        assertThat(staleness(1_500)).isBetween(500L, 501L);
    }
}
