package io.mds.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InFlightLimitTest {

    @Test
    void aReleasedPermitGoesToTheFirstThatStillWantsIt() {
        InFlightLimit limit = new InFlightLimit(1, 10);
        List<String> granted = new ArrayList<>();
        assertThat(limit.tryAcquire()).isTrue();
        assertThat(limit.tryAcquire()).isFalse();
        assertThat(limit.enqueue(() -> false)).isTrue();
        assertThat(limit.enqueue(() -> granted.add("second"))).isTrue();
        assertThat(limit.enqueue(() -> granted.add("third"))).isTrue();
        limit.release();
        assertThat(granted).containsExactly("second");
        assertThat(limit.tryAcquire()).isFalse();
        limit.release();
        limit.release();
        assertThat(granted).containsExactly("second", "third");
        assertThat(limit.underWay()).isZero();
        assertThat(limit.tryAcquire()).isTrue();
    }

    @Test
    void theQueueIsBounded() {
        InFlightLimit limit = new InFlightLimit(1, 2);
        assertThat(limit.tryAcquire()).isTrue();
        assertThat(limit.enqueue(() -> true)).isTrue();
        assertThat(limit.enqueue(() -> true)).isTrue();
        assertThat(limit.enqueue(() -> true)).isFalse();
    }

    @Test
    void aPermitFreedBeforeTheQueueingIsGrantedAtOnce() {
        InFlightLimit limit = new InFlightLimit(1, 2);
        AtomicInteger granted = new AtomicInteger();
        assertThat(limit.enqueue(() -> granted.incrementAndGet() > 0)).isTrue();
        assertThat(granted).hasValue(1);
    }

    @Test
    void manyThreadsNeverExceedTheLimitAndAllGetTheirTurn() throws InterruptedException {
        int threads = 8;
        int turns = 2_000;
        InFlightLimit limit = new InFlightLimit(3, threads);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        for (int t = 0; t < threads; t++) {
            pool.execute(() -> {
                for (int i = 0; i < turns; i++) {
                    if (!limit.tryAcquire()) {
                        CountDownLatch granted = new CountDownLatch(1);
                        assertThat(limit.enqueue(() -> {
                                    granted.countDown();
                                    return true;
                                }))
                                .isTrue();
                        try {
                            assertThat(granted.await(10, TimeUnit.SECONDS)).isTrue();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            return;
                        }
                    }
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    inside.decrementAndGet();
                    limit.release();
                    done.incrementAndGet();
                }
            });
        }
        pool.shutdown();
        assertThat(pool.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(done).hasValue(threads * turns);
        assertThat(most.get()).isBetween(1, 3);
        assertThat(limit.underWay()).isZero();
    }
}
