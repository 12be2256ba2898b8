package io.mds.region.service;

import io.mds.id.LogIndex;
import io.mds.region.store.ApplyResult;
import io.mds.region.store.ShardStore;
import io.mds.region.store.StoreException;
import io.mds.region.wal.EntryType;
import io.mds.region.wal.LogEntry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what is committed into the store, in order.
 *
 * <p>Thread: one at a time, the one that has claimed it; that is one that has brought about the commit, as long as there is
 * little to do that cannot block, and a worker otherwise. The fields are guarded by this object.
 */
final class ShardApply {
    private static final Logger LOG = LoggerFactory.getLogger(ShardApply.class);
    private static final long MAX_BATCH_BYTES = 1 << 20;
    private static final int ATTEMPTS = 5;
    private static final long RETRY_MS = 200;

    private final RunningReplica host;
    private final ShardStore store;
    private final Executor workers;
    private final ReplicaChecksums checksums;
    private final Runnable onNews;
    private LogIndex target;
    private LogIndex taken;
    private boolean claimed;

    /** @param onNews told when another schema was applied; must not block */
    ShardApply(RunningReplica host, ShardStore store, Executor workers, ReplicaChecksums checksums, Runnable onNews) {
        this.onNews = onNews;
        this.host = host;
        this.store = store;
        this.workers = workers;
        this.checksums = checksums;
        this.target = store.appliedIndex();
        this.taken = target;
    }

    synchronized void upTo(LogIndex committed) {
        if (committed.compareTo(target) > 0) {
            target = committed;
        }
    }

    /** The store came by everything up to here in another way. */
    synchronized void restored(LogIndex index) {
        if (index.compareTo(taken) > 0) {
            taken = index;
            upTo(index);
        }
    }

    /** True for the one who is to call {@link #start}. */
    synchronized boolean claim() {
        boolean needed = !claimed && target.compareTo(taken) > 0;
        claimed |= needed;
        return needed;
    }

    /** @param here whether to apply on this thread, as long as that cannot block */
    void start(boolean here) {
        if (here && applyInMemory()) {
            return;
        }
        try {
            workers.execute(this::applyAll);
        } catch (RejectedExecutionException e) {
            host.fail("the region is shutting down", e);
        }
    }

    /** False when something is left for a worker; the claim stands then. */
    private boolean applyInMemory() {
        while (true) {
            List<LogEntry> batch = next(DurableWork.MAX_BYTES_AT_ONCE);
            if (batch.isEmpty()) {
                return true;
            }
            if (isChecksum(last(batch))) {
                return false;
            }
            Optional<List<ApplyResult>> results = Optional.empty();
            try {
                results = store.applyIfCached(batch);
            } catch (RuntimeException e) {
                // The worker meets it again, and deals with it.
                LOG.debug("shard {}: applying in memory failed", store.id(), e);
            }
            if (results.isEmpty()) {
                return false;
            }
            finish(batch, results.get());
        }
    }

    private void applyAll() {
        for (List<LogEntry> batch = next(MAX_BATCH_BYTES); !batch.isEmpty(); batch = next(MAX_BATCH_BYTES)) {
            List<ApplyResult> results = applyPersistently(batch);
            if (results == null) {
                return;
            }
            if (isChecksum(last(batch))) {
                checksums.take(store, last(batch));
            }
            finish(batch, results);
        }
    }

    private static LogEntry last(List<LogEntry> batch) {
        return batch.get(batch.size() - 1);
    }

    private static boolean isChecksum(LogEntry entry) {
        return entry.type() == EntryType.CHECKSUM;
    }

    /** As much of a batch as comes before what has to be looked at between two entries, or that. */
    private static List<LogEntry> upToChecksum(List<LogEntry> batch) {
        for (int i = 0; i < batch.size(); i++) {
            if (isChecksum(batch.get(i))) {
                return batch.subList(0, i == 0 ? 1 : i);
            }
        }
        return batch;
    }

    /** None gives the claim back: the next commit makes another. */
    private List<LogEntry> next(long maxBytes) {
        LogIndex from;
        LogIndex upTo;
        synchronized (this) {
            from = taken;
            upTo = target;
        }
        List<LogEntry> batch = upTo.compareTo(from) > 0 ? host.committed(from, upTo, maxBytes) : List.of();
        if (batch.isEmpty()) {
            synchronized (this) {
                if (upTo.equals(target) || host.isFailed()) {
                    claimed = false;
                    return List.of();
                }
            }
            return next(maxBytes);
        }
        return upToChecksum(batch);
    }

    private void finish(List<LogEntry> batch, List<ApplyResult> results) {
        synchronized (this) {
            LogIndex last = last(batch).index();
            // A copy that was installed meanwhile may have more.
            taken = last.compareTo(taken) > 0 ? last : taken;
        }
        host.applied(batch, results);
        if (LogEntry.contains(batch, EntryType.SCHEMA)) {
            onNews.run();
        }
    }

    /** Null when the store went on failing; the shard is failed then. */
    private List<ApplyResult> applyPersistently(List<LogEntry> entries) {
        for (int attempt = 1; ; attempt++) {
            try {
                return store.apply(entries);
            } catch (StoreException e) {
                if (attempt == ATTEMPTS) {
                    host.fail("the store failed " + attempt + " times: " + e.getMessage(), e);
                    return null;
                }
                LOG.warn(
                        "shard {}: applying {} entries failed, trying again: {}",
                        store.id(),
                        entries.size(),
                        e.getMessage());
            } catch (RuntimeException e) {
                host.fail("a defect while applying: " + e, e);
                return null;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(RETRY_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                host.fail("interrupted while applying", e);
                return null;
            }
        }
    }
}
