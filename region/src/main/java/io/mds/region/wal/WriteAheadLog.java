package io.mds.region.wal;

import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.AppendQueue.Append;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of a region, shared by all its shards.
 *
 * <p>Life: {@link #open}, {@link #recover} once, then {@link #append} until {@link #close}.
 *
 * <p><em>Thread:</em> one log thread takes all appends that wait, writes them as one batch, forces the file once and tells
 * the listeners; while it forces, the next batch gathers. <em>Invariant:</em> after a failed write or force the state of
 * the file is unknown (the kernel may have dropped the pages), so nothing is tried again: the log is poisoned, every
 * append under way fails with outcome UNKNOWN, and every later one is refused.
 */
public final class WriteAheadLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WriteAheadLog.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

    private static final int FRAME_OVERHEAD_BYTES = SegmentFormat.FRAME_HEADER_BYTES + SegmentFormat.FRAME_ALIGNMENT;

    private final Path directory;
    private final LogSettings settings;
    private final LogAdmission admission;
    private final int maxBatchBytes;
    private final LogFiles files;
    private final Closeable directoryLock;
    private final LogMetrics metrics;
    private final AppendQueue queue;
    private final SegmentWriter writer;
    private final Thread thread = new Thread(this::run, "mds-log");

    private final LogSegments segments = new LogSegments();

    /** Held while files are deleted, so that two releases do not meet. */
    private final ReentrantLock releaseLock = new ReentrantLock();

    private LogObserver observer;
    private volatile boolean recovered;
    private volatile boolean closed;
    private volatile Throwable poison;
    /** Nano time since when a write or force is under way; 0 when none is. */
    private volatile long ioSince;

    private WriteAheadLog(
            Path directory, LogSettings settings, LogFiles files, Closeable directoryLock, MeterRegistry registry) {
        this.directory = directory;
        this.settings = settings;
        this.admission = new LogAdmission(settings);
        this.files = files;
        this.directoryLock = directoryLock;
        this.queue = new AppendQueue(settings.maxQueuedBytes());
        this.writer = new SegmentWriter(directory, files, settings);
        this.metrics = new LogMetrics(registry, this, queue);
        // A batch must fit in a segment, however small segments are.
        this.maxBatchBytes = Math.min(
                settings.maxBatchBytes(), settings.segmentBytes() - SegmentFormat.HEADER_BYTES - FRAME_OVERHEAD_BYTES);
        thread.setDaemon(true);
    }

    /**
     * Takes the directory, which is created when missing. No segment is read or written before {@link #recover}.
     *
     * @throws IOException when the directory cannot be used, or another region uses it
     */
    public static WriteAheadLog open(Path directory, LogSettings settings, LogFiles files, MeterRegistry metrics)
            throws IOException {
        files.createDirectories(directory);
        return new WriteAheadLog(directory, settings, files, files.lock(directory), metrics);
    }

    /** Whether there is no segment, as before the first {@link #recover}, and never after it. */
    public boolean isMissing() throws IOException {
        return files.list(directory).stream()
                .noneMatch(file -> Segment.numberOf(file).isPresent());
    }

    /**
     * Replays the log, cuts off a torn tail, and starts the log thread.
     *
     * @throws CorruptLogException when entries that were acknowledged cannot be read
     * @throws IOException when the files cannot be read
     */
    public RecoveryReport recover(RecoveryVisitor visitor, LogObserver logObserver) throws IOException {
        if (recovered || closed) {
            throw new IllegalStateException("the log is recovered once, right after it is opened");
        }
        observer = logObserver;
        LogRecovery recovery = new LogRecovery(directory, files, visitor);
        RecoveryReport report = recovery.run();
        recovery.segments().forEach(segments::add);
        Optional<LogRecovery.Tail> tail = recovery.tail();
        if (tail.isPresent()) {
            writer.continueAt(tail.get(), recovery.nextSequence());
        } else {
            segments.add(writer.startSegment(1, 1));
        }
        recovered = true;
        thread.start();
        LOG.debug(
                "log in {}: {} entries in {} batches and {} segments, {} bytes",
                directory,
                report.entries(),
                report.batches(),
                report.segments(),
                report.bytes());
        return report;
    }

    /**
     * Whether an entry can be taken now. Any thread, never blocks.
     *
     * @param payloadBytes of the entry
     * @throws MdsException RESOURCE_EXHAUSTED when too much is queued or the log is full, INVALID_ARGUMENT when the entry is
     *     too large, UNAVAILABLE when the log is poisoned or closed
     */
    public void admit(int payloadBytes) {
        if (poison != null || closed) {
            throw LogAdmission.unavailable(poison).build();
        }
        admission.require(payloadBytes, bytes() + queue.bytes());
        if (!queue.hasRoomFor(payloadBytes + SegmentFormat.ENTRY_OVERHEAD_BYTES)) {
            throw admission.queueFull(queue.bytes());
        }
    }

    /** Whether entries of another region's log, each of which that one has admitted, find room now. Never blocks. */
    public boolean hasRoomFor(int entries, long payloadBytes) {
        long more = payloadBytes + (long) entries * SegmentFormat.ENTRY_OVERHEAD_BYTES;
        return poison == null
                && !closed
                && bytes() + queue.bytes() + more <= settings.maxLogBytes()
                && queue.hasRoomFor(more);
    }

    /**
     * Queues an entry that was admitted; the listener learns its fate. Entries reach the disk in the order of the calls. Any
     * thread, never blocks; the caller sees to it that the entries of one shard come in the order in which they are valid.
     *
     * @param committed how far the shard's log is known to be committed now
     * @throws MdsException UNAVAILABLE when the log is poisoned or closed; the entry is not appended then, and the listener is
     *     not called
     */
    public void append(ShardId shard, LogEntry entry, LogIndex committed, AppendListener listener) {
        if (!recovered) {
            throw new IllegalStateException("append before recovery");
        }
        offer(new LogRecord.Entry(shard, entry, committed), new Fate.OfEntry(shard, entry, listener));
    }

    /** Records that a replica takes part in no older view. Any thread, never blocks; throws as {@link #append} does. */
    public void promise(ShardId shard, ViewNumber view, Runnable durable) {
        offer(new LogRecord.Promise(shard, view), new Fate.Afterwards(durable));
    }

    /**
     * Voids everything so far of a shard that is dropped from this region. Any thread, never blocks; throws as {@link
     * #append} does.
     *
     * @param view the newest that the replica took part in; one that comes back does so in a newer one
     */
    public void forget(ShardId shard, ViewNumber view, Runnable durable) {
        offer(new LogRecord.Forget(shard, view), new Fate.Afterwards(durable));
    }

    private void offer(LogRecord record, Fate fate) {
        if (!queue.offer(new Append(record, SegmentFormat.recordBytes(record), fate))) {
            throw LogAdmission.unavailable(poison).build();
        }
    }

    /** The segment that is written now. Any thread, never blocks. */
    public long activeSegment() {
        return segments.active();
    }

    /**
     * Removes segments, oldest first, while the store durably has what they say: every entry in them is applied or void,
     * every promise at or below the view recorded there, or the shard is forgotten. A shard that is missing from the map
     * keeps what it has. May block on the disk.
     *
     * @param before the {@link #activeSegment} of before it was asked what the store has; that one and newer ones stay. A
     *     shard that was dropped and has come back since would lose its new log by what the store had of the old one.
     * @return the shards for which the oldest segment is kept; none when no older one than that is left
     */
    public Set<ShardId> release(Map<ShardId, Released> durableApplied, long before) throws IOException {
        releaseLock.lock();
        try {
            for (Optional<Segment> oldest = segments.oldest(before);
                    oldest.isPresent();
                    oldest = segments.oldest(before)) {
                Set<ShardId> needed = segments.neededBy(oldest.get(), durableApplied);
                if (!needed.isEmpty()) {
                    return needed;
                }
                files.delete(oldest.get().file());
                // One by one: a crash must not bring an older segment back without a newer one.
                files.forceDirectory(directory);
                segments.removeOldest();
            }
            return Set.of();
        } finally {
            releaseLock.unlock();
        }
    }

    /**
     * What the store durably has of a shard.
     *
     * @param applied the last entry that was applied
     */
    public record Released(LogPosition applied, ViewNumber promised) {}

    /** Bytes of all segments. Any thread, never blocks. */
    public long bytes() {
        return segments.bytes();
    }

    /** Bytes of the segments that {@link #release} removes once all their entries are applied durably. Never blocks. */
    public long releasableBytes() {
        return segments.closedBytes();
    }

    /** Any thread, never blocks. */
    public LogHealth health() {
        long since = ioSince;
        Duration underWay = since == 0 ? Duration.ZERO : Duration.ofNanos(Math.max(0, System.nanoTime() - since));
        Throwable failure = poison;
        if (failure != null) {
            return new LogHealth(LogHealth.State.POISONED, underWay, "the log failed: " + failure.getMessage());
        }
        if (closed) {
            return new LogHealth(LogHealth.State.CLOSED, underWay, "the log is closed");
        }
        if (underWay.compareTo(settings.stallAfter()) > 0) {
            return new LogHealth(
                    LogHealth.State.STALLED,
                    underWay,
                    "a write to the log's disk has been under way for " + underWay.toMillis() + " ms (limit: "
                            + settings.stallAfter().toMillis() + " ms)");
        }
        return new LogHealth(LogHealth.State.HEALTHY, underWay, "");
    }

    /** Writes what is queued, then stops the log thread and gives the directory back. */
    @Override
    public void close() throws IOException {
        closed = true;
        queue.close();
        if (!recovered) {
            directoryLock.close();
            return;
        }
        // No interrupt: it would close the file under the log thread.
        try {
            thread.join(CLOSE_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.error("log in {}: its disk has not answered for {}; closed without it", directory, CLOSE_TIMEOUT);
            return;
        }
        writer.closeFile();
        metrics.close();
        directoryLock.close();
    }

    private void run() {
        while (true) {
            List<Append> batch = queue.take(maxBatchBytes);
            if (batch.isEmpty()) {
                return;
            }
            try {
                if (poison != null) {
                    fail(batch);
                } else {
                    writeBatch(batch);
                }
            } catch (IOException | RuntimeException | Error e) {
                poison(e);
                fail(batch);
            }
        }
    }

    private void writeBatch(List<Append> batch) throws IOException {
        int bodyBytes = batch.stream().mapToInt(Append::bytes).sum();
        List<LogRecord> records = new ArrayList<>(batch.size());
        for (Append append : batch) {
            records.add(append.record());
        }
        long start = System.nanoTime();
        ioSince = start == 0 ? 1 : start;
        if (!writer.hasRoomFor(bodyBytes)) {
            segments.add(writer.startNextSegment());
        }
        int written = writer.write(records, bodyBytes);
        long forced = System.nanoTime();
        writer.force();
        long end = System.nanoTime();
        ioSince = 0;
        segments.note(records, writer.end());
        metrics.batch(batch.size(), written, end - forced);
        announce(batch, bodyBytes);
    }

    private void announce(List<Append> batch, int bytes) {
        for (Append append : batch) {
            tell(append.fate()::durable);
        }
        tell(() -> observer.batchEnded(bytes));
    }

    /** A listener that throws breaks the contract; the others must hear all the same. */
    private void tell(Runnable news) {
        try {
            news.run();
        } catch (RuntimeException e) {
            LOG.error("log in {}: a listener failed", directory, e);
            poison(e);
        }
    }

    private void poison(Throwable cause) {
        if (poison != null) {
            return;
        }
        LOG.error("log in {}: failed, and takes no more writes until the region is restarted", directory, cause);
        poison = cause;
        ioSince = 0;
        queue.close();
        tell(() -> observer.poisoned(cause));
    }

    private void fail(List<Append> batch) {
        MdsException failure = LogAdmission.unavailable(poison).outcomeUnknown().build();
        for (Append append : batch) {
            tell(() -> append.fate().failed(failure));
        }
    }
}
