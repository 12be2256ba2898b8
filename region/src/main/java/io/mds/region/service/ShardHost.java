package io.mds.region.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.ShardReport;
import io.mds.region.replication.ShardReplica;
import io.mds.region.store.ApplyResult;
import io.mds.region.store.ShardStore;
import io.mds.region.store.StoreException;
import io.mds.region.wal.AppendListener;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.WriteAheadLog;
import io.mds.rpc.Replier;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open shard: the way of a write from the request through log and store to its answer.
 *
 * <p>Thread: {@link #write} on event loops, {@code durable} on the log thread, applying on that or on an apply worker, one at
 * a time per shard, which is what {@code scheduled} means. The lock guards the replica and the queue, and is never held
 * across I/O; appending is only queueing, and happens under it so that the log has the entries in the order of their indexes.
 */
final class ShardHost {
    private static final Logger LOG = LoggerFactory.getLogger(ShardHost.class);
    private static final int MAX_BATCH = 512;
    private static final int APPLY_ATTEMPTS = 5;
    private static final long APPLY_RETRY_MS = 200;

    private final ShardStore store;
    private final WriteAheadLog log;
    private final DurableWork durableWork;
    private final Executor applyWorkers;
    private final int maxQueued;
    private final RequestChecks checks;
    private final Runnable onServing;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final ShardReplica replica;

    @GuardedBy("lock")
    private final Deque<Waiting> ready = new ArrayDeque<>();

    @GuardedBy("lock")
    private int queued;

    @GuardedBy("lock")
    private boolean scheduled;

    private volatile boolean serving;

    /**
     * @param onServing told each time the shard begins to serve; must not block
     */
    ShardHost(
            ShardStore store,
            WriteAheadLog log,
            DurableWork durableWork,
            Executor applyWorkers,
            int maxQueued,
            RequestLimits limits,
            Runnable onServing) {
        this.onServing = onServing;
        this.store = store;
        this.log = log;
        this.durableWork = durableWork;
        this.applyWorkers = applyWorkers;
        this.maxQueued = maxQueued;
        this.checks = new RequestChecks(store.schema(), limits);
        this.replica = new ShardReplica(store.view(), store.appliedIndex());
    }

    ShardId id() {
        return store.id();
    }

    ShardStore store() {
        return store;
    }

    RequestChecks checks() {
        return checks;
    }

    boolean isServing() {
        return serving;
    }

    /** Opens a view: its barrier goes into the log, and the shard serves once that is applied. Idempotent per view. */
    void open(ViewNumber view) {
        synchronized (lock) {
            boolean again = replica.view().equals(view)
                    && (serving || replica.lastIndex().compareTo(replica.appliedIndex()) > 0);
            if (!again) {
                LogIndex index = replica.open(view);
                append(LogEntry.barrier(view, index, System.currentTimeMillis()), null);
            }
        }
    }

    /**
     * Admits a validated write; its answer comes through the replier.
     *
     * @throws MdsException RESOURCE_EXHAUSTED, UNAVAILABLE: nothing was logged
     */
    void write(ByteString request, Replier replier) {
        synchronized (lock) {
            if (!replica.isServing()) {
                throw notServing();
            }
            if (queued >= maxQueued) {
                throw MdsException.builder(
                                ErrorCode.RESOURCE_EXHAUSTED,
                                queued + " writes wait on shard " + id() + " (limit: " + maxQueued
                                        + ", limits.queued-writes)")
                        .retryAfter(Duration.ofMillis(20))
                        .withoutStackTrace()
                        .build();
            }
            LogIndex index = replica.propose();
            append(LogEntry.write(replica.view(), index, System.currentTimeMillis(), request), replier);
        }
    }

    MdsException notServing() {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE, "shard " + id() + " is not serving yet (or its log or store failed)")
                .retryAfter(Duration.ofMillis(50))
                .withoutStackTrace()
                .build();
    }

    @GuardedBy("lock")
    private void append(LogEntry entry, Replier replier) {
        try {
            log.append(id(), entry, new Waiting(entry, replier));
            queued++;
        } catch (MdsException e) {
            replica.withdraw(entry.index());
            throw e;
        }
    }

    private void durable(Waiting waiting) {
        boolean wake;
        synchronized (lock) {
            replica.durable(waiting.entry.index());
            ready.add(waiting);
            wake = !scheduled;
            scheduled = true;
        }
        if (wake) {
            durableWork.add(this);
        }
    }

    /** Applies on the log thread what is ready, when that cannot block; false when it is left for {@link #applyOnWorker}. */
    boolean applyInMemory() {
        List<Waiting> batch = takeReady();
        if (batch.isEmpty()) {
            return true;
        }
        Optional<List<ApplyResult>> results = Optional.empty();
        try {
            results = isFailed() ? results : store.applyIfCached(entries(batch));
        } catch (RuntimeException e) {
            // The worker meets it again, and deals with it.
            LOG.debug("shard {}: applying in memory failed", id(), e);
        }
        if (results.isEmpty()) {
            synchronized (lock) {
                for (int i = batch.size() - 1; i >= 0; i--) {
                    ready.addFirst(batch.get(i));
                }
            }
            return false;
        }
        finish(batch, results.get());
        synchronized (lock) {
            scheduled = !ready.isEmpty();
            return !scheduled;
        }
    }

    /** Has a worker apply what is ready, and what becomes so until it is done. */
    void applyOnWorker() {
        try {
            applyWorkers.execute(this::applyReady);
        } catch (RejectedExecutionException e) {
            fail("the region is shutting down", e);
        }
    }

    private void applyReady() {
        for (List<Waiting> batch = takeReady(); !batch.isEmpty(); batch = takeReady()) {
            List<ApplyResult> results = applyPersistently(entries(batch));
            if (results == null) {
                batch.forEach(waiting -> waiting.answerUnknown("the store failed while it was applied"));
            } else {
                finish(batch, results);
            }
        }
    }

    /** None ends the turn of the thread that applies: the next entry that is ready begins another. */
    private List<Waiting> takeReady() {
        List<Waiting> batch = new ArrayList<>();
        synchronized (lock) {
            while (batch.size() < MAX_BATCH && !ready.isEmpty()) {
                batch.add(ready.remove());
            }
            scheduled = !batch.isEmpty();
        }
        return batch;
    }

    private static List<LogEntry> entries(List<Waiting> batch) {
        List<LogEntry> entries = new ArrayList<>(batch.size());
        for (Waiting waiting : batch) {
            entries.add(waiting.entry);
        }
        return entries;
    }

    private void finish(List<Waiting> batch, List<ApplyResult> results) {
        boolean began;
        synchronized (lock) {
            replica.applied(batch.get(batch.size() - 1).entry.index());
            queued -= batch.size();
            began = !serving && replica.isServing();
            serving = replica.isServing();
        }
        if (began) {
            onServing.run();
        }
        for (int i = 0; i < batch.size(); i++) {
            batch.get(i).answer(results.get(i));
        }
    }

    /** Null when the store went on failing; the shard is failed then. */
    private List<ApplyResult> applyPersistently(List<LogEntry> entries) {
        if (isFailed()) {
            return null;
        }
        for (int attempt = 1; ; attempt++) {
            try {
                return store.apply(entries);
            } catch (StoreException e) {
                if (attempt == APPLY_ATTEMPTS) {
                    fail("the store failed " + attempt + " times: " + e.getMessage(), e);
                    return null;
                }
                LOG.warn(
                        "shard {}: applying {} entries failed, trying again: {}", id(), entries.size(), e.getMessage());
            } catch (RuntimeException e) {
                fail("a defect while applying: " + e, e);
                return null;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(APPLY_RETRY_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail("interrupted while applying", e);
                return null;
            }
        }
    }

    private boolean isFailed() {
        synchronized (lock) {
            return replica.isFailed();
        }
    }

    private void fail(String reason, Exception cause) {
        LOG.error("shard {} stops serving: {}", id(), reason, cause);
        serving = false;
        synchronized (lock) {
            replica.fail();
        }
    }

    /** No request reaches the shard any more. */
    void close() {
        serving = false;
        synchronized (lock) {
            replica.fail();
        }
    }

    ShardReport report() {
        synchronized (lock) {
            return ShardReport.newBuilder()
                    .setShardId(id().value())
                    .setView(replica.view().value())
                    .setLeader(true)
                    .setAppliedIndex(replica.appliedIndex().value())
                    .setLastIndex(replica.lastIndex().value())
                    .setRows(store.rowCount())
                    .setServing(replica.isServing())
                    .build();
        }
    }

    /** An entry on its way, and who waits for it (nobody, for barriers). */
    private final class Waiting implements AppendListener {
        private final LogEntry entry;
        private final Replier replier;

        private Waiting(LogEntry entry, Replier replier) {
            this.entry = entry;
            this.replier = replier;
        }

        @Override
        public void durable(ShardId shard, LogEntry durableEntry) {
            ShardHost.this.durable(this);
        }

        @Override
        public void failed(ShardId shard, LogEntry failedEntry, MdsException failure) {
            fail("its log failed: " + failure.getMessage(), failure);
            if (replier != null) {
                replier.fail(failure);
            }
        }

        private void answer(ApplyResult result) {
            if (replier == null) {
                return;
            }
            if (result instanceof ApplyResult.Written written) {
                replier.reply(Reply.newBuilder().setWrite(written.reply()));
            } else if (result instanceof ApplyResult.Refused refused) {
                replier.reply(Reply.newBuilder().setError(refused.error()));
            } else {
                answerUnknown("it was applied before, and its answer is no longer recorded");
            }
        }

        private void answerUnknown(String reason) {
            if (replier != null) {
                replier.fail(MdsException.builder(
                                ErrorCode.UNAVAILABLE,
                                "the write to shard " + id() + " has an unknown outcome: " + reason)
                        .outcomeUnknown()
                        .withoutStackTrace()
                        .build());
            }
        }
    }
}
