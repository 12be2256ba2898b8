package io.mds.region.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.proto.ChecksumOrder;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.ShardChecksumReply;
import io.mds.proto.ShardChecksumRequest;
import io.mds.region.snapshot.ShardChecksums;
import io.mds.region.store.ShardCopy;
import io.mds.region.store.ShardStore;
import io.mds.region.wal.LogEntry;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checksums of shards as they were right after an entry of their logs that asked for them, the same on all replicas.
 *
 * <p>Thread: any. The copy is taken where the entry is applied, before the next one is, which makes that wait for a moment;
 * it is read on a worker. The latest results are kept until they are asked for.
 */
final class ReplicaChecksums {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicaChecksums.class);
    private static final int KEPT = 64;

    private record Point(ShardId shard, LogIndex index) {}

    private final Executor workers;

    /** In the order in which they were asked for or made; the oldest are given up. */
    private final Map<Point, CompletableFuture<ShardChecksumReply>> results = new LinkedHashMap<>();

    ReplicaChecksums(Executor workers) {
        this.workers = workers;
    }

    /** The entry is applied, and nothing after it. On the thread that applies; blocks while the copy begins. */
    void take(ShardStore store, LogEntry entry) {
        CompletableFuture<ShardChecksumReply> result = result(new Point(store.id(), entry.index()));
        try {
            List<ByteString> starts = ChecksumOrder.parseFrom(entry.payload()).getStartsList();
            ShardCopy copy = store.copy();
            try {
                workers.execute(() -> read(store.id(), copy, starts, result));
            } catch (RejectedExecutionException e) {
                copy.close();
                throw ShardRefusals.tooManyReads();
            }
        } catch (RuntimeException | InvalidProtocolBufferException e) {
            fail(store.id(), result, e);
        }
    }

    private static void read(
            ShardId shard, ShardCopy copy, List<ByteString> starts, CompletableFuture<ShardChecksumReply> result) {
        try {
            result.complete(ShardChecksums.of(copy, starts));
        } catch (RuntimeException e) {
            fail(shard, result, e);
        }
    }

    private static void fail(ShardId shard, CompletableFuture<ShardChecksumReply> result, Exception cause) {
        LOG.info("shard {}: no checksums were taken: {}", shard, cause.getMessage());
        result.completeExceptionally(
                cause instanceof MdsException known
                        ? known
                        : MdsException.builder(
                                        ErrorCode.UNAVAILABLE, "no checksums were taken here: " + cause.getMessage())
                                .withoutStackTrace()
                                .build());
    }

    private synchronized CompletableFuture<ShardChecksumReply> result(Point point) {
        CompletableFuture<ShardChecksumReply> result =
                results.computeIfAbsent(point, missing -> new CompletableFuture<>());
        if (results.size() > KEPT) {
            Map.Entry<Point, CompletableFuture<ShardChecksumReply>> oldest =
                    results.entrySet().iterator().next();
            results.remove(oldest.getKey());
            oldest.getValue().completeExceptionally(tooLate());
        }
        return result;
    }

    private static MdsException tooLate() {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE, "the checksums were not taken here in time, or are forgotten; try again")
                .withoutStackTrace()
                .build();
    }

    /** Answers with the checksums at an index, as soon as they are there; or that they will not come. */
    void answer(ShardHost host, ShardChecksumRequest request, Replier reply, Deadline deadline) {
        LogIndex index = new LogIndex(request.getAtIndex());
        Point point = new Point(host.id(), index);
        synchronized (this) {
            if (!results.containsKey(point) && host.store().appliedIndex().compareTo(index) >= 0) {
                throw MdsException.builder(
                                ErrorCode.NOT_FOUND,
                                "this replica of shard " + host.id() + " took no checksums at index " + index
                                        + ": it came to it by a copy, or was restarted; try again")
                        .withoutStackTrace()
                        .build();
            }
        }
        give(result(point), reply, deadline);
    }

    void give(CompletableFuture<ShardChecksumReply> result, Replier reply, Deadline deadline) {
        var unused = result.copy()
                .orTimeout(Math.max(1, deadline.remainingNanos()), TimeUnit.NANOSECONDS)
                .whenComplete((checksums, failure) -> {
                    if (checksums != null) {
                        reply.reply(Reply.newBuilder().setShardChecksum(checksums));
                    } else {
                        reply.fail(failure instanceof MdsException known ? known : tooLate());
                    }
                });
    }

    /** Finds ranges of about equal numbers of rows, on a worker, and has all replicas take checksums of them. */
    void order(ShardHost host, ShardChecksumRequest request, Replier reply, Deadline deadline) {
        try {
            workers.execute(() -> propose(host, request, reply, deadline));
        } catch (RejectedExecutionException e) {
            throw ShardRefusals.tooManyReads();
        }
    }

    private void propose(ShardHost host, ShardChecksumRequest request, Replier reply, Deadline deadline) {
        try {
            ChecksumOrder.Builder order = ChecksumOrder.newBuilder();
            ShardChecksums.of(host.store(), request).getRangesList().stream()
                    .skip(1)
                    .forEach(range -> order.addStarts(range.getRange().getStart()));
            LogIndex index = host.proposeChecksum(order.build().toByteString());
            give(result(new Point(host.id(), index)), reply, deadline);
        } catch (MdsException e) {
            reply.fail(e);
        } catch (RuntimeException e) {
            LOG.error("checksums of shard {} failed", host.id(), e);
            reply.fail(MdsException.of(ErrorCode.UNAVAILABLE, "the region's store failed: " + e.getMessage()));
        }
    }
}
