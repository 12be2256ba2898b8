package io.mds.region.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RestlessShardsTest {
    private static final Duration BEAT = Duration.ofMillis(100);

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final RestlessShards restless = new RestlessShards(timer, BEAT);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    /** All in one bin of a hash table. */
    private static final class Shard implements RestlessShards.Restless {
        private final AtomicInteger ticks = new AtomicInteger();
        private final int restlessTicks;

        Shard(int restlessTicks) {
            this.restlessTicks = restlessTicks;
        }

        @Override
        public boolean tick() {
            return ticks.incrementAndGet() < restlessTicks;
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    @Test
    void eachIsTickedOnceATickHoweverManyThereAre() throws Exception {
        List<Shard> shards = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            shards.add(new Shard(Integer.MAX_VALUE));
        }
        shards.forEach(restless::add);
        await().until(() -> shards.get(0).ticks.get() >= 3);
        // On the timer's own thread nothing is being ticked.
        timer.submit(() -> assertThat(shards)
                        .allSatisfy(each -> assertThat(each.ticks.get())
                                .isBetween(
                                        shards.get(0).ticks.get() - 1,
                                        shards.get(0).ticks.get() + 1)))
                .get();
    }

    @Test
    void whenAllAreQuietNoClockTicks() {
        Shard shard = new Shard(3);
        restless.add(shard);
        await().until(() -> restless.isEmpty() && timer.getQueue().isEmpty() && timer.getActiveCount() == 0);
        assertThat(shard.ticks).hasValue(3);
    }

    @Test
    void oneThatIsAddedAgainAfterTheClockStoppedIsTicked() {
        Shard shard = new Shard(1);
        restless.add(shard);
        await().until(() -> restless.isEmpty() && timer.getQueue().isEmpty() && timer.getActiveCount() == 0);
        restless.add(shard);
        await().until(() -> shard.ticks.get() == 2);
    }

    @Test
    void aTimerThatHasEndedDisturbsNobody() {
        ScheduledExecutorService ended = Executors.newSingleThreadScheduledExecutor();
        ended.shutdownNow();
        RestlessShards late = new RestlessShards(ended, BEAT);
        late.add(new Shard(1));
        assertThat(late.isEmpty()).isFalse();
    }
}
