package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.testing.Fault;
import io.mds.client.testing.TestingCluster.Telling;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Watching a table of four shards. */
class WatchTest extends ClusterTest {
    private static final Duration SHORT = Duration.ofMillis(300);

    private static List<Change> take(ChangeStream stream, int count) {
        List<Change> taken = new ArrayList<>();
        while (taken.size() < count) {
            taken.add(stream.poll(Duration.ofSeconds(20))
                    .orElseThrow(() -> new AssertionError("only " + taken.size() + " changes came")));
        }
        return taken;
    }

    private static String name(Change change) {
        return (String) change.key().get(1);
    }

    @Test
    void whatIsWrittenFromNowOnIsToldWithTheRowsAsTheyAreThen() {
        files.upsert(file("/d", "before", 1));
        try (ChangeStream stream = files.watch(WatchFrom.now())) {
            long version = files.upsert(file("/d", "a", 1)).version();
            files.update(Key.of("/d", "a"), Update.set("size", 2L));
            files.delete("/d", "a");
            List<Change> changes = take(stream, 3);
            assertThat(changes).extracting(Change::key).containsOnly(Key.of("/d", "a"));
            assertThat(changes.get(0).row()).contains(file("/d", "a", 1));
            assertThat(changes.get(0).version()).isEqualTo(version);
            assertThat(changes.get(1).row().orElseThrow().getLong("size")).isEqualTo(2);
            assertThat(changes.get(2).isDelete()).isTrue();
            assertThat(changes).extracting(Change::version).isSorted();
            assertThat(stream.poll(SHORT)).isEmpty();
        }
    }

    @Test
    void aTokenGoesOnInAnotherClientAfterWhatWasTaken() {
        String token;
        try (ChangeStream stream = files.watch(WatchFrom.now())) {
            IntStream.range(0, 20).forEach(i -> files.upsert(file("/d" + i, "f", i)));
            List<Change> first = take(stream, 8);
            token = stream.token();
            assertThat(token).startsWith("w1.").hasSizeLessThan(60);
            assertThat(first).hasSize(8);
            try (MdsClient other = MdsClient.connect(options().build());
                    ChangeStream rest = other.table("files").watch(WatchFrom.token(token))) {
                List<Change> all = new ArrayList<>(first);
                all.addAll(take(rest, 12));
                assertThat(all).extracting(Change::key).doesNotHaveDuplicates().hasSize(20);
                assertThat(rest.poll(SHORT)).isEmpty();
            }
        }
    }

    @Test
    void aTokenTakenWithinAWriteTellsTheWholeWriteAgain() {
        try (ChangeStream stream = files.watch(WatchFrom.now())) {
            Batch batch = Batch.atomic();
            for (int i = 0; i < 5; i++) {
                batch = batch.upsert(file("/d", "f" + i, i));
            }
            files.write(batch);
            List<Change> unused = take(stream, 3);
            try (ChangeStream again = files.watch(WatchFrom.token(stream.token()))) {
                assertThat(take(again, 5)).extracting(WatchTest::name).contains("f0", "f1", "f2", "f3", "f4");
            }
            unused = take(stream, 2);
            try (ChangeStream again = files.watch(WatchFrom.token(stream.token()))) {
                assertThat(again.poll(SHORT)).isEmpty();
            }
        }
    }

    @Test
    void aWatchGoesOnThroughNewLeadersLostConnectionsAndRefusals() {
        cluster.replicate("files");
        try (ChangeStream stream = files.watch(WatchFrom.now())) {
            Map<Key, Long> told = new HashMap<>();
            for (int round = 0; round < 6; round++) {
                switch (round) {
                    case 1 -> cluster.move("files", 0, cluster.region(1), Telling.MASTER_PUSHES);
                    case 2 -> {
                        cluster.region(0).stop();
                        cluster.region(0).restart();
                    }
                    case 3 -> cluster.region(1).failNext(Fault.cutBeforeApplying(), Fault.cutBeforeApplying());
                    case 4 -> cluster.move("files", 1, cluster.region(2), Telling.OLD_LEADER);
                    default -> {
                        // Calm
                    }
                }
                for (int dir = 0; dir < 20; dir++) {
                    files.upsert(file("/d" + dir, "f", round));
                }
                take(stream, 20).forEach(change -> {
                    long size = change.row().orElseThrow().getLong("size");
                    Long before = told.put(change.key(), size);
                    assertThat(before == null || before < size).isTrue();
                });
                int expected = round;
                assertThat(told)
                        .hasSize(20)
                        .allSatisfy((key, size) -> assertThat(size).isEqualTo(expected));
            }
        }
    }

    @Test
    void aPositionThatAllReplicasHaveForgottenIsAClearError() {
        ChangeStream stream = files.watch(WatchFrom.now());
        String token = stream.token();
        stream.close();
        IntStream.range(0, 20).forEach(i -> files.upsert(file("/d" + i, "f", i)));
        cluster.forgetChanges("files");
        try (ChangeStream late = files.watch(WatchFrom.token(token))) {
            assertFails(ErrorCode.NOT_FOUND, "oldest position", late::hasNext);
            assertFails(ErrorCode.NOT_FOUND, "table 'files' shard", late::next);
        }
    }

    @Test
    void aShardWhoseChangesWaitIsNotAskedForMore() {
        try (ChangeStream stream = files.watch(WatchFrom.now())) {
            for (int i = 0; i < 50; i++) {
                files.upsert(file("/d", "f" + i, i));
            }
            long asked = polls();
            for (int i = 50; i < 100; i++) {
                files.upsert(file("/d", "f" + i, i));
            }
            assertThat(polls()).isLessThanOrEqualTo(asked + 1);
            assertThat(take(stream, 100))
                    .extracting(WatchTest::name)
                    .startsWith("f0")
                    .endsWith("f99");
        }
    }

    private long polls() {
        return IntStream.range(0, 3)
                .mapToLong(i -> cluster.region(i).requests().stream()
                        .filter(Request::hasChanges)
                        .count())
                .sum();
    }

    @Test
    void changesCanBeAwaitedWithoutAThreadAndTheEndIsTold() {
        try (ChangeStream stream = files.watchAsync(WatchFrom.now()).join()) {
            CompletableFuture<Change> next = stream.nextAsync();
            files.upsert(file("/d", "a", 1));
            assertThat(next.join().key()).isEqualTo(Key.of("/d", "a"));
            CompletableFuture<Change> never = stream.nextAsync();
            stream.close();
            assertThat(never).failsWithin(Duration.ofSeconds(5));
            assertThat(stream.hasNext()).isFalse();
        }
    }

    @Test
    void wrongTokensAndTablesAreRefused() {
        for (String wrong : List.of("", "w1.", "s1.AAAA", "w1.!!", "w1.AAAAAAAAAA")) {
            assertFails(ErrorCode.INVALID_ARGUMENT, "watch token", () -> WatchFrom.token(wrong));
        }
        String token;
        try (ChangeStream stream = files.watch(WatchFrom.now())) {
            token = stream.token();
        }
        mds.dropTable("files");
        assertFails(ErrorCode.NOT_FOUND, "files", () -> files.watch(WatchFrom.now()));
        mds.createTable(FILES);
        assertFails(ErrorCode.INVALID_ARGUMENT, "made anew", () -> files.watch(WatchFrom.token(token)));
    }

    @Test
    void aTableThatIsDroppedEndsTheWatch() {
        try (ChangeStream stream = files.watch(WatchFrom.now())) {
            mds.dropTable("files");
            cluster.region(0).stop();
            cluster.region(1).stop();
            MdsException end = failure(stream::hasNext);
            assertThat(end.code()).isEqualTo(ErrorCode.NOT_FOUND);
            assertThat(end).hasMessageContaining("dropped");
        }
    }
}
