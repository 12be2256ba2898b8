package io.mds.client;

import com.google.protobuf.ByteString;
import io.mds.client.ShardVerification.DifferentRange;
import io.mds.client.ShardVerification.NotCompared;
import io.mds.client.internal.CachedTable;
import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.Failures;
import io.mds.client.internal.TableLayout;
import io.mds.client.internal.TableRoutes;
import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import io.mds.proto.RegionAddress;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ShardChecksumReply;
import io.mds.proto.ShardChecksumRequest;
import io.mds.proto.ShardRoute;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Compares the replicas of a table's shards: the leader puts an entry into its log after which all replicas take checksums of
 * the same ranges of keys, and then each is asked for its own.
 *
 * <p>A replica that was restarted or copied meanwhile has none for that entry, so the shard is tried again a few times.
 *
 * <p><em>Thread:</em> any; nothing here blocks. Of each shard one step at a time.
 */
final class Verification {
    static final int MAX_RANGES = 10_000;
    /** Each reads the whole shard, on all regions that have it. */
    static final int SHARDS_AT_ONCE = 4;

    private static final int ATTEMPTS = 5;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** How much longer than the leader another replica may take: it may have to catch up first. */
    private static final long FOLLOWER_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final ClusterAccess access;
    private final CachedTable table;
    private final TableRoutes begun;
    private final int ranges;
    private final Duration timeout;
    private final Consumer<ShardVerification> progress;

    private Verification(
            ClusterAccess access,
            CachedTable table,
            int ranges,
            Duration timeout,
            Consumer<ShardVerification> progress) {
        this.access = access;
        this.table = table;
        this.begun = table.current();
        this.ranges = ranges;
        this.timeout = timeout;
        this.progress = progress;
    }

    /**
     * The shards in the order of the table.
     *
     * @param timeout for each shard
     * @param progress is told of each shard that is done, one at a time
     */
    static CompletableFuture<List<ShardVerification>> run(
            ClusterAccess access,
            CachedTable table,
            int ranges,
            Duration timeout,
            Consumer<ShardVerification> progress) {
        Verification verification = new Verification(access, table, ranges, timeout, progress);
        return Fanout.run(verification.begun.shardCount(), SHARDS_AT_ONCE, verification::verify);
    }

    static int checkRanges(int ranges) {
        if (ranges < 1 || ranges > MAX_RANGES) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT, "ranges: " + ranges + " (expected: 1 to " + MAX_RANGES + ")");
        }
        return ranges;
    }

    private CompletableFuture<ShardVerification> verify(int number) {
        return attempt(number, 1, Deadline.after(timeout)).thenApply(done -> {
            tell(done);
            return done;
        });
    }

    private synchronized void tell(ShardVerification done) {
        progress.accept(done);
    }

    private CompletableFuture<ShardVerification> attempt(int number, int attempt, Deadline deadline) {
        return once(number, deadline).thenCompose(found -> {
            long pause = PAUSE_NANOS * attempt;
            if (found.isComplete() || attempt == ATTEMPTS || deadline.remainingNanos() <= pause) {
                return CompletableFuture.completedFuture(found);
            }
            access.refresh(table);
            return access.after(pause).thenCompose(over -> attempt(number, attempt + 1, deadline));
        });
    }

    private CompletableFuture<ShardVerification> once(int number, Deadline deadline) {
        TableRoutes routes = table.current();
        if (routes.tableId() != begun.tableId() || number >= routes.shardCount()) {
            return CompletableFuture.failedFuture(MdsException.builder(
                            ErrorCode.NOT_FOUND, "table '" + table.name() + "' was dropped while it was verified")
                    .withoutStackTrace()
                    .build());
        }
        ShardRoute route = routes.shard(number);
        if (!route.hasLeader()) {
            return CompletableFuture.completedFuture(nothing(route, "the shard has no leader now"));
        }
        long begin = System.nanoTime();
        return ask(routes, number, route.getLeader(), 0, deadline)
                .thenCompose(leaders -> {
                    long took = System.nanoTime() - begin;
                    Deadline patience = Deadline.after(Duration.ofNanos(
                            Math.max(1, Math.min(deadline.remainingNanos(), 2 * took + FOLLOWER_NANOS))));
                    return askOthers(routes, number, leaders, patience);
                })
                .exceptionally(error -> {
                    MdsException e = Failures.unwrap(error);
                    access.learn(table, e);
                    return nothing(
                            route,
                            "region " + route.getLeader().getRegionId() + ", the leader, has none: " + e.getMessage());
                });
    }

    private static ShardVerification nothing(ShardRoute route, String reason) {
        return new ShardVerification(
                new ShardId(route.getShardId()),
                route.hasLeader() ? Optional.of(new RegionId(route.getLeader().getRegionId())) : Optional.empty(),
                0,
                0,
                List.of(),
                List.of(),
                route.getReplicasList().stream()
                        .map(replica -> new NotCompared(new RegionId(replica.getRegionId()), reason))
                        .toList());
    }

    private CompletableFuture<ShardChecksumReply> ask(
            TableRoutes routes, int number, RegionAddress replica, long atIndex, Deadline deadline) {
        return access.askReplica(
                        routes,
                        number,
                        HostPort.of(replica.getAddress()),
                        ref -> Request.newBuilder()
                                .setShardChecksum(ShardChecksumRequest.newBuilder()
                                        .setShard(ref)
                                        .setAtIndex(atIndex)
                                        .setRanges(ranges)),
                        deadline)
                .thenApply(Verification::checksums);
    }

    private static ShardChecksumReply checksums(Reply reply) {
        if (!reply.hasShardChecksum()) {
            throw Calls.unexpected(reply);
        }
        return reply.getShardChecksum();
    }

    private CompletableFuture<ShardVerification> askOthers(
            TableRoutes routes, int number, ShardChecksumReply leaders, Deadline deadline) {
        ShardRoute route = routes.shard(number);
        RegionId leader = new RegionId(route.getLeader().getRegionId());
        List<RegionAddress> others = route.getReplicasList().stream()
                .filter(replica -> replica.getRegionId() != leader.value())
                .toList();
        List<RegionId> equal = new ArrayList<>(List.of(leader));
        List<DifferentRange> differences = new ArrayList<>();
        List<NotCompared> notCompared = new ArrayList<>();
        return Fanout.run(
                        others.size(),
                        Math.max(1, others.size()),
                        i -> ask(routes, number, others.get(i), leaders.getAppliedIndex(), deadline)
                                .<Object>thenApply(theirs -> theirs)
                                .exceptionally(Failures::unwrap))
                .thenApply(answers -> {
                    for (int i = 0; i < answers.size(); i++) {
                        RegionId region = new RegionId(others.get(i).getRegionId());
                        if (!(answers.get(i) instanceof ShardChecksumReply theirs)) {
                            notCompared.add(new NotCompared(region, ((MdsException) answers.get(i)).getMessage()));
                            continue;
                        }
                        List<DifferentRange> found = differences(routes.layout(), region, leaders, theirs);
                        differences.addAll(found);
                        if (found.isEmpty()) {
                            equal.add(region);
                        }
                    }
                    return new ShardVerification(
                            new ShardId(route.getShardId()),
                            Optional.of(leader),
                            leaders.getAppliedIndex(),
                            rows(leaders),
                            equal,
                            differences,
                            notCompared);
                });
    }

    private static long rows(ShardChecksumReply checksums) {
        return checksums.getRangesList().stream()
                .mapToLong(ShardChecksumReply.Range::getRows)
                .sum();
    }

    private static List<DifferentRange> differences(
            TableLayout layout, RegionId region, ShardChecksumReply leaders, ShardChecksumReply theirs) {
        List<DifferentRange> found = new ArrayList<>();
        for (int i = 0; i < leaders.getRangesCount(); i++) {
            ShardChecksumReply.Range expected = leaders.getRanges(i);
            // The ranges are in the entry of the log that both have applied; a replica without one has other rows
            // there.
            ShardChecksumReply.Range actual =
                    i < theirs.getRangesCount() ? theirs.getRanges(i) : ShardChecksumReply.Range.getDefaultInstance();
            if (!expected.equals(actual)) {
                found.add(new DifferentRange(
                        region,
                        key(layout, expected.getRange().getStart()),
                        key(layout, expected.getRange().getEnd()),
                        actual.getRows(),
                        expected.getRows()));
            }
        }
        return found;
    }

    private static Optional<Key> key(TableLayout layout, ByteString encoded) {
        return encoded.isEmpty()
                ? Optional.empty()
                : Optional.of(Key.of(layout.keys().decode(encoded.toByteArray())));
    }
}
