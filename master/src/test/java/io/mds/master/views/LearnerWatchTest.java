package io.mds.master.views;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.proto.ShardReport;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LearnerWatchTest {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final long SHARD = 7;
    private static final long REGION = 3;

    private long nowNanos = -5;
    private final LearnerWatch watch = new LearnerWatch(PATIENCE, () -> nowNanos);

    private void pass(Duration time) {
        nowNanos += time.toNanos();
    }

    private boolean isStuckAt(long copiedBytes, long lastIndex) {
        return isStuckAt(SHARD, copiedBytes, lastIndex);
    }

    private boolean isStuckAt(long shard, long copiedBytes, long lastIndex) {
        return watch.isStuck(
                shard,
                REGION,
                ShardReport.newBuilder()
                        .setCopiedBytes(copiedBytes)
                        .setLastIndex(lastIndex)
                        .build());
    }

    @Test
    void aLearnerMayTakeAsLongAsItGetsOn() {
        for (int i = 0; i < 100; i++) {
            assertThat(isStuckAt(i * 1000L, 0)).isFalse();
            pass(PATIENCE.minusSeconds(1));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(isStuckAt(99_000, i)).isFalse();
            pass(PATIENCE.minusSeconds(1));
        }
    }

    @Test
    void oneThatStaysWhereItIsIsStuckAndItsRegionIsAvoidedForAWhile() {
        assertThat(isStuckAt(10, 0)).isFalse();
        assertThat(isStuckAt(20, 0)).isFalse();
        pass(PATIENCE.minusSeconds(1));
        assertThat(isStuckAt(20, 0)).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(isStuckAt(20, 0)).isTrue();
        watch.avoid(SHARD, REGION);
        watch.forget(SHARD);
        assertThat(watch.isToAvoid(SHARD, REGION)).isTrue();
        assertThat(watch.isToAvoid(SHARD, REGION + 1)).isFalse();
        assertThat(watch.isToAvoid(SHARD + 1, REGION)).isFalse();
        pass(PATIENCE);
        assertThat(watch.isToAvoid(SHARD, REGION)).isFalse();
        assertThat(isStuckAt(20, 0)).as("tried again").isFalse();
    }

    @Test
    void oneThatBeginsAgainAndAgainIsStuckAlthoughItMoves() {
        for (int i = 0; i < LearnerWatch.MAX_SETBACKS; i++) {
            assertThat(isStuckAt(1000, 0)).isFalse();
            assertThat(isStuckAt(0, 0)).isFalse();
        }
        assertThat(isStuckAt(1000, 0)).isFalse();
        assertThat(isStuckAt(0, 0)).isTrue();
    }

    @Test
    void oneThatHasNotBegunWaitsForThoseBeforeItOnItsRegion() {
        for (int i = 1; i <= 5; i++) {
            assertThat(isStuckAt(SHARD, 0, 0)).isFalse();
            assertThat(isStuckAt(SHARD + 1, i, 0)).isFalse();
            pass(PATIENCE.minusSeconds(1));
        }
        pass(Duration.ofSeconds(1));
        assertThat(isStuckAt(SHARD, 0, 0)).isTrue();
    }

    @Test
    void aTroubleOfTheLeaderAndASilenceOfTheRegionAreNotTakenForProgressOrForNone() {
        assertThat(isStuckAt(10, 0)).isFalse();
        pass(PATIENCE);
        watch.excuse(SHARD);
        assertThat(isStuckAt(10, 0)).isFalse();
        pass(PATIENCE.minusSeconds(1));
        assertThat(watch.isStuck(SHARD, REGION, null)).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(watch.isStuck(SHARD, REGION, null)).isTrue();
    }

    @Test
    void anotherLearnerOfTheShardIsLookedAtAnew() {
        assertThat(isStuckAt(10, 0)).isFalse();
        pass(PATIENCE);
        assertThat(watch.isStuck(SHARD, REGION + 1, null)).isFalse();
    }
}
