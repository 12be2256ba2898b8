package io.mds.region.wal;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Listens to a log in tests, and remembers. */
final class LogRecorder implements AppendListener, LogObserver, RecoveryVisitor {
    record Seen(ShardId shard, LogEntry entry) {}

    /** Of a log that has many segments soon. */
    static final LogSettings SMALL = new LogSettings(
            64 * 1024, 8 * 1024, 16 * 1024, 32 * 1024, 128 * 1024, 256 * 1024, true, Duration.ofSeconds(10));

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    final List<Seen> durable = Collections.synchronizedList(new ArrayList<>());
    final List<MdsException> failures = new CopyOnWriteArrayList<>();
    final List<Seen> recovered = new ArrayList<>();
    final List<ViewNumber> promises = new CopyOnWriteArrayList<>();
    final List<ShardId> forgotten = new CopyOnWriteArrayList<>();
    final List<Throwable> poison = new CopyOnWriteArrayList<>();
    final AtomicInteger batches = new AtomicInteger();
    private final Semaphore settled = new Semaphore(0);

    /** Waits until the fate of this many more appends is known. */
    void awaitSettled(int appends) {
        try {
            if (!settled.tryAcquire(appends, PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("of " + appends + " appends, only " + settled.availablePermits() + " settled");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    void append(WriteAheadLog log, ShardId shard, LogEntry entry) {
        append(log, shard, entry, this);
    }

    /** One entry after the other, each when the one before it is settled. */
    void appendAll(WriteAheadLog log, ShardId shard, long from, long to, int payloadBytes) {
        for (long index = from; index <= to; index++) {
            append(log, shard, entry(index, payloadBytes));
            awaitSettled(1);
        }
    }

    static void append(WriteAheadLog log, ShardId shard, LogEntry entry, AppendListener listener) {
        log.admit(entry.payload().size());
        log.append(shard, entry, new LogIndex(entry.index().value() - 1), listener);
    }

    @Override
    public void durable(ShardId shard, LogEntry entry) {
        durable.add(new Seen(shard, entry));
        settled.release();
    }

    @Override
    public void failed(ShardId shard, LogEntry entry, MdsException failure) {
        failures.add(failure);
        settled.release();
    }

    @Override
    public void batchEnded(int bytes) {
        batches.incrementAndGet();
    }

    @Override
    public void poisoned(Throwable cause) {
        poison.add(cause);
    }

    @Override
    public void entry(ShardId shard, LogEntry entry, LogIndex committed) {
        recovered.add(new Seen(shard, entry));
    }

    @Override
    public void promised(ShardId shard, ViewNumber view) {
        promises.add(view);
    }

    @Override
    public void forgotten(ShardId shard, ViewNumber view) {
        forgotten.add(shard);
    }

    static ShardId shard(long id) {
        return new ShardId(id);
    }

    static LogEntry entry(long index, int payloadBytes) {
        byte[] payload = new byte[payloadBytes];
        for (int i = 0; i < payloadBytes; i++) {
            payload[i] = (byte) (index + i);
        }
        return LogEntry.write(new ViewNumber(3), new LogIndex(index), 1_000 + index, ByteString.copyFrom(payload));
    }
}
