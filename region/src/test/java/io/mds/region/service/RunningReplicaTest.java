package io.mds.region.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.Replica;
import io.mds.region.replication.ReplicaSettings;
import io.mds.region.store.ShardStore;
import io.mds.region.store.Store;
import io.mds.region.store.StoreSettings;
import io.mds.region.store.Writes;
import io.mds.region.wal.LogPosition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunningReplicaTest {
    @TempDir
    private Path directory;

    /** Who asks holds the lock of what is to be applied, which an event takes within its own. */
    @Test
    void tellsWhetherItFailedWhileAnEventIsUnderWay() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        try (Store store = Store.open(StoreSettings.h2File(directory.resolve("store")), new SimpleMeterRegistry())) {
            RunningReplica running = running(store.createShard(new ShardId(1), Writes.SCHEMA, new ViewNumber(1)));
            CompletableFuture<Boolean> event = CompletableFuture.supplyAsync(
                    () -> running.event(false, (replica, now) -> {
                        begun.countDown();
                        await(asked);
                    }),
                    threads);
            assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<Boolean> failed = CompletableFuture.supplyAsync(running::isFailed, threads);
            assertThat(failed.get(20, TimeUnit.SECONDS)).isFalse();
            assertThat(event).isNotDone();
            asked.countDown();
            assertThat(event.get(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            asked.countDown();
            threads.shutdown();
        }
    }

    /** The surroundings are those of a replica to which nothing happens. */
    private static RunningReplica running(ShardStore store) {
        Replica replica = new Replica(
                new RegionId(1),
                ReplicaSettings.DEFAULTS,
                new ViewNumber(0),
                LogPosition.START,
                List.of(),
                System.nanoTime());
        return new RunningReplica(
                store,
                replica,
                new RunningReplica.Surroundings(null, null, null, null, null, null, null, null, () -> {}),
                new Freshness(),
                new ToldView());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
