package io.mds.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.client.Encoding.EncodedOperation;
import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.Failures;
import io.mds.client.internal.SeenIndexes;
import io.mds.error.MdsException;
import io.mds.proto.Operation;
import io.mds.proto.Reply;
import io.mds.rpc.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A bulk load under way: rows collect in one lane for each shard, lanes are sent in batches, a bounded number at a time.
 *
 * <p><em>Invariant:</em> two batches that write one key are never under way together, so that the later row wins.
 *
 * <p><em>Thread:</em> rows are offered by one thread at a time; answers arrive on network threads; the state is guarded by the
 * lock, requests are sent and futures completed outside it.
 */
final class BulkUpsert {
    private static final int BATCH_ROWS = 500;
    private static final int BATCH_BYTES = 1 << 20;
    private static final int BATCHES_UNDER_WAY = 16;
    /** Over all lanes; when it is exceeded, short batches are sent. */
    private static final int COLLECTED_BYTES = 16 << 20;

    private final ClusterAccess access;
    private final Target target;
    private final SeenIndexes seen;
    private final Duration timeout;
    private final CompletableFuture<Long> done = new CompletableFuture<>();

    @GuardedBy("this")
    private final Lane[] lanes;

    /** Lanes whose rows are to be sent as soon as possible. */
    @GuardedBy("this")
    private final ArrayDeque<Lane> due = new ArrayDeque<>();

    @GuardedBy("this")
    private int underWay;

    @GuardedBy("this")
    private long collectedBytes;

    @GuardedBy("this")
    private long rows;

    @GuardedBy("this")
    private boolean finishing;

    @GuardedBy("this")
    private MdsException failure;

    @GuardedBy("this")
    private CompletableFuture<Void> room;

    BulkUpsert(ClusterAccess access, Target target, SeenIndexes seen, Duration timeout) {
        this.access = access;
        this.target = target;
        this.seen = seen;
        this.timeout = timeout;
        this.lanes = new Lane[target.routes().shardCount()];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new Lane(i);
        }
    }

    /** As long as waiting for one step can take: all batches under way, each with its own deadline. */
    long patienceNanos() {
        return timeout.multipliedBy(2L * (BATCHES_UNDER_WAY + target.routes().shardCount()))
                .toNanos();
    }

    /** Takes a row. Answers null, or, when the next row should wait, what it should wait for. */
    CompletableFuture<Void> offer(Row row) {
        EncodedOperation encoded = Encoding.upsert(target.layout(), row, null);
        CompletableFuture<Void> wait = null;
        List<Sending> sendings;
        synchronized (this) {
            if (failure != null) {
                throw Failures.atCaller(failure);
            }
            rows++;
            Lane lane = lanes[encoded.shard()];
            collectedBytes += lane.add(Encoding.wrap(encoded.key()), encoded.operation());
            if (lane.isFull()) {
                makeDue(lane);
            }
            if (collectedBytes > COLLECTED_BYTES) {
                for (Lane other : lanes) {
                    makeDue(other);
                }
            }
            sendings = takeSendings();
            if (!due.isEmpty()) {
                if (room == null) {
                    room = new CompletableFuture<>();
                }
                wait = room;
            }
        }
        sendings.forEach(this::send);
        return wait;
    }

    /** Sends what is left. Completes with the number of rows taken when all of them have been written. */
    CompletableFuture<Long> finish() {
        List<Sending> sendings;
        synchronized (this) {
            finishing = true;
            for (Lane lane : lanes) {
                makeDue(lane);
            }
            sendings = takeSendings();
        }
        sendings.forEach(this::send);
        completeIfDone();
        return done;
    }

    @GuardedBy("this")
    private void makeDue(Lane lane) {
        if (!lane.due && !lane.operations.isEmpty()) {
            lane.due = true;
            due.add(lane);
        }
    }

    @GuardedBy("this")
    private List<Sending> takeSendings() {
        List<Sending> sendings = new ArrayList<>();
        int looked = due.size();
        while (failure == null && underWay < BATCHES_UNDER_WAY && looked-- > 0) {
            Lane lane = due.poll();
            if (lane.mustWait()) {
                due.add(lane);
                continue;
            }
            lane.due = false;
            collectedBytes -= lane.bytes;
            underWay++;
            sendings.add(lane.take());
        }
        return sendings;
    }

    private void send(Sending sending) {
        CompletableFuture<Reply> unused = Writes.send(
                        access, target, sending.shard(), sending.operations(), seen, Deadline.after(timeout))
                .whenComplete((reply, error) -> ended(sending, error == null ? null : Failures.unwrap(error)));
    }

    private void ended(Sending sending, MdsException error) {
        List<Sending> sendings;
        CompletableFuture<Void> free = null;
        MdsException failed;
        synchronized (this) {
            underWay--;
            lanes[sending.shard()].keysUnderWay.removeAll(sending.keys());
            if (error != null && failure == null) {
                failure = Failures.partly(error, "bulk load: some of its rows may have been written; ", false);
            }
            failed = failure;
            sendings = takeSendings();
            if (room != null && (due.isEmpty() || failed != null)) {
                free = room;
                room = null;
            }
        }
        sendings.forEach(this::send);
        if (free != null) {
            if (failed != null) {
                free.completeExceptionally(failed);
            } else {
                free.complete(null);
            }
        }
        completeIfDone();
    }

    private void completeIfDone() {
        MdsException failed;
        long written;
        synchronized (this) {
            if (!finishing || underWay > 0 || (failure == null && !due.isEmpty())) {
                return;
            }
            failed = failure;
            written = rows;
        }
        if (failed != null) {
            done.completeExceptionally(failed);
        } else {
            done.complete(written);
        }
    }

    /** A batch on its way. */
    private record Sending(int shard, List<Operation> operations, Set<ByteString> keys) {}

    /** The rows that wait for one shard, and the keys that are on their way to it. Guarded by the load's lock. */
    private static final class Lane {
        private final int shard;
        private final Set<ByteString> keysUnderWay = new HashSet<>();
        private Map<ByteString, Operation> operations = new LinkedHashMap<>();
        private int bytes;
        private boolean due;

        private Lane(int shard) {
            this.shard = shard;
        }

        /** How many bytes more are collected now. */
        private int add(ByteString key, Operation operation) {
            Operation before = operations.put(key, operation);
            int more = operation.getSerializedSize() - (before == null ? 0 : before.getSerializedSize());
            bytes += more;
            return more;
        }

        private boolean isFull() {
            return operations.size() >= BATCH_ROWS || bytes >= BATCH_BYTES;
        }

        private boolean mustWait() {
            return !keysUnderWay.isEmpty() && operations.keySet().stream().anyMatch(keysUnderWay::contains);
        }

        private Sending take() {
            Sending sending = new Sending(shard, List.copyOf(operations.values()), operations.keySet());
            keysUnderWay.addAll(operations.keySet());
            operations = new LinkedHashMap<>();
            bytes = 0;
            return sending;
        }
    }

    /** Offers all rows, without blocking: goes on from a callback each time there was no room. */
    void pump(Iterator<Row> rows, CompletableFuture<Long> done) {
        try {
            while (rows.hasNext()) {
                CompletableFuture<Void> room = offer(rows.next());
                if (room != null && !room.isDone()) {
                    CompletableFuture<Void> unused = room.whenComplete((free, error) -> pump(rows, done));
                    return;
                }
            }
        } catch (RuntimeException e) {
            done.completeExceptionally(e);
            return;
        }
        CompletableFuture<Long> unused = finish().whenComplete((count, error) -> {
            if (error == null) {
                done.complete(count);
            } else {
                done.completeExceptionally(error);
            }
        });
    }
}
