package io.mds.region.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.proto.ShardReport;
import io.mds.region.peer.Peers;
import io.mds.region.replication.Effect;
import io.mds.region.replication.LogPosition;
import io.mds.region.replication.Message;
import io.mds.region.replication.Replica;
import io.mds.region.replication.View;
import io.mds.region.store.ApplyResult;
import io.mds.region.store.ShardStore;
import io.mds.region.wal.AppendListener;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.WriteAheadLog;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open shard: runs its replica, and does what that wants done.
 *
 * <p>Thread: events come from event loops, the log thread, the ticking thread and the thread of the master's orders; the
 * lock makes them one after the other, and is never held across I/O. What is queued for the log and for other regions is
 * queued under it, so that it goes out in the order of the effects. Answers are given outside of it.
 */
final class ShardHost implements AppendListener {
    private static final Logger LOG = LoggerFactory.getLogger(ShardHost.class);

    /** What all shards of a region share. */
    record Surroundings(
            WriteAheadLog log,
            DurableWork durableWork,
            Executor applyWorkers,
            Peers peers,
            RestlessShards restless,
            RetainedEntries retained,
            Consumer<ShardHost> onServing,
            Behind behind) {}

    /** Told when a leader says that it has not kept what this replica lacks; must not block. */
    interface Behind {
        void behind(ShardHost shard, RegionId leader);
    }

    private final ShardStore store;
    private final Surroundings around;
    private final int maxQueued;
    private final RequestChecks checks;
    private final ShardApply apply;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Replica replica;

    @GuardedBy("lock")
    private final PendingWrites writes = new PendingWrites();

    @GuardedBy("lock")
    private final PendingReads reads = new PendingReads();

    @GuardedBy("lock")
    private final PendingSeals seals = new PendingSeals();

    /** What follows from an event, to be done outside the lock. */
    @GuardedBy("lock")
    private List<Runnable> afterwards = new ArrayList<>();

    /** The newest that a master has told since the start. */
    @GuardedBy("lock")
    private ViewNumber view = new ViewNumber(0);

    @GuardedBy("lock")
    private boolean failed;

    @GuardedBy("lock")
    private long retainedBytes;

    private final Freshness freshness = new Freshness();
    private volatile boolean serving;
    private volatile long trustedUntilNanos = System.nanoTime() - 1;

    /** The log thread's: the last entry that it has forced since it last told the replica. */
    private LogEntry lastDurable;

    ShardHost(ShardStore store, Replica replica, Surroundings around, int maxQueued, RequestLimits limits) {
        this.store = store;
        this.replica = replica;
        this.around = around;
        this.maxQueued = maxQueued;
        this.checks = new RequestChecks(store.schema(), limits);
        this.apply = new ShardApply(this, store, around.applyWorkers());
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

    Freshness freshness() {
        return freshness;
    }

    // ---- events ----

    private interface Event {
        void on(Replica replica, long nowNanos);
    }

    /**
     * Has the replica take an event, and does what it then wants done.
     *
     * @param small whether what comes to be applied may be applied on this thread, as far as that cannot block
     * @return false when the shard has failed, and takes none
     */
    private boolean event(boolean small, Event event) {
        boolean apply;
        List<Runnable> todo;
        synchronized (lock) {
            if (failed) {
                return false;
            }
            try {
                long now = System.nanoTime();
                event.on(replica, now);
                carryOut(now);
            } catch (IllegalStateException | IllegalArgumentException e) {
                failLocked("a defect, or another region's: " + e.getMessage(), e);
            }
            apply = this.apply.claim();
            todo = takeAfterwards();
        }
        todo.forEach(Runnable::run);
        if (apply) {
            this.apply.start(small);
        }
        return true;
    }

    @GuardedBy("lock")
    private List<Runnable> takeAfterwards() {
        if (afterwards.isEmpty()) {
            return List.of();
        }
        List<Runnable> todo = afterwards;
        afterwards = new ArrayList<>();
        return todo;
    }

    @GuardedBy("lock")
    private void carryOut(long nowNanos) {
        try {
            for (Effect effect : replica.effects()) {
                carryOut(effect);
            }
        } catch (MdsException e) {
            failLocked("its log failed: " + e.getMessage(), e);
            return;
        }
        standing(nowNanos);
    }

    @GuardedBy("lock")
    private void carryOut(Effect effect) {
        if (effect instanceof Effect.Send send) {
            around.peers().send(send.to(), id(), send.message());
        } else if (effect instanceof Effect.Append append) {
            around.log().append(id(), append.entry(), replica.committed(), this);
        } else if (effect instanceof Effect.Commit commit) {
            apply.upTo(commit.index());
        } else if (effect instanceof Effect.Promise promise) {
            around.log()
                    .promise(
                            id(),
                            promise.view(),
                            () -> event(true, (it, now) -> it.promiseDurable(promise.view(), now)));
        } else if (effect instanceof Effect.Sealed sealed) {
            afterwards.add(seals.sealed(sealed.view(), sealed.last()));
        } else if (effect instanceof Effect.SealRefused refused) {
            afterwards.add(seals.refused(refused.view(), refused.promised()));
        } else if (effect instanceof Effect.Behind behind) {
            around.peers().sendBehind(behind.region(), id(), replica.promised());
        } else if (effect instanceof Effect.Activated activated) {
            LOG.debug("shard {}: view {} is activated", id(), activated.view());
        }
    }

    /** What the state of the replica, after an event, means for those who wait, and for what may be served. */
    @GuardedBy("lock")
    private void standing(long nowNanos) {
        boolean leads = replica.isLeader();
        boolean began = !serving && replica.isServing();
        serving = replica.isServing();
        trustedUntilNanos = replica.trustedUntilNanos(nowNanos);
        if (began) {
            afterwards.add(() -> around.onServing().accept(this));
        }
        if (!leads && writes.size() > 0) {
            List<PendingWrites.Waiter> lost = writes.takeAll();
            MdsException unknown = PendingWrites.unknown(id(), "this region no longer leads the shard");
            afterwards.add(() -> lost.forEach(waiter -> waiter.replier().fail(unknown)));
        }
        if (!reads.isEmpty() && (!leads || replica.mayAnswerReads(nowNanos))) {
            List<PendingReads.Waiting> ready = reads.takeAll();
            afterwards.add(() -> ready.forEach(read -> read.again().run()));
        }
        if (!replica.isQuiet(nowNanos) || !reads.isEmpty()) {
            around.restless().add(this);
        }
    }

    /** Time has passed; false when it need not be told again until something happens. */
    boolean tick() {
        boolean[] again = new boolean[1];
        event(false, (it, now) -> {
            it.tick(now);
            List<PendingReads.Waiting> expired = reads.takeExpired();
            if (!expired.isEmpty()) {
                MdsException late = noLease();
                afterwards.add(() -> expired.forEach(read -> read.replier().fail(late)));
            }
            again[0] = !it.isQuiet(now) || !reads.isEmpty();
        });
        return again[0];
    }

    // ---- the master ----

    /** A view as a master tells it; told again, it changes nothing but learners. */
    void open(View opened) {
        event(false, (it, now) -> {
            it.open(opened, now);
            if (opened.number().compareTo(view) > 0) {
                view = opened.number();
            }
        });
    }

    /** @param answer told once, with what the region answers; on any thread */
    void seal(ViewNumber newView, ViewNumber released, PendingSeals.Answer answer) {
        boolean taken = event(true, (it, now) -> {
            seals.add(newView, answer);
            it.seal(newView, released, now);
        });
        if (!taken) {
            answer.refused(new ViewNumber(0));
        }
    }

    // ---- other replicas ----

    void receive(RegionId from, Message message) {
        boolean small = true;
        if (message instanceof Message.Append append) {
            long bytes = 0;
            for (LogEntry entry : append.entries()) {
                bytes += entry.payload().size();
            }
            if (bytes > 0) {
                try {
                    around.log().admit((int) Math.min(bytes / append.entries().size(), Integer.MAX_VALUE));
                } catch (MdsException e) {
                    // The leader sends it again.
                    LOG.debug("shard {}: an append of region {} is dropped: {}", id(), from, e.getMessage());
                    return;
                }
            }
            small = bytes <= DurableWork.MAX_BYTES_AT_ONCE;
        }
        event(small, (it, now) -> {
            it.receive(from, message, now);
            if (message instanceof Message.Append append) {
                freshness.heard(append.committed(), it.committed(), now);
            }
        });
    }

    void behind(RegionId leader, ViewNumber ofView) {
        boolean current;
        synchronized (lock) {
            current = !failed && !replica.isLeader() && ofView.equals(replica.promised());
        }
        if (current) {
            around.behind().behind(this, leader);
        }
    }

    /** A snapshot was installed in the store. */
    void restored(LogPosition position) {
        event(false, (it, now) -> {
            apply.restored(position.index());
            it.restored(position);
        });
    }

    // ---- the log ----

    @Override
    public void durable(ShardId shard, LogEntry entry) {
        if (lastDurable == null) {
            around.durableWork().add(this);
        }
        lastDurable = entry;
    }

    /** The log thread has told of all entries of a batch. */
    void batchDurable(boolean small) {
        LogPosition position = LogPosition.of(lastDurable);
        lastDurable = null;
        event(small, (it, now) -> it.durable(position, now));
    }

    @Override
    public void failed(ShardId shard, LogEntry failedEntry, MdsException failure) {
        fail("its log failed: " + failure.getMessage(), failure);
    }

    // ---- clients ----

    /**
     * Admits a validated write; its answer comes through the replier.
     *
     * @throws MdsException NOT_LEADER, RESOURCE_EXHAUSTED, UNAVAILABLE: nothing was logged
     */
    void write(ByteString request, Replier replier) {
        boolean taken = event(true, (it, now) -> {
            if (!it.isServing()) {
                throw notServing();
            }
            if (writes.size() >= maxQueued) {
                throw MdsException.builder(
                                ErrorCode.RESOURCE_EXHAUSTED,
                                writes.size() + " writes wait on shard " + id() + " (limit: " + maxQueued
                                        + ", limits.queued-writes)")
                        .retryAfter(Duration.ofMillis(20))
                        .withoutStackTrace()
                        .build();
            }
            around.log().admit(request.size());
            it.propose(
                    (inView, index) -> {
                        writes.add(index, inView, replier);
                        return LogEntry.write(inView, index, System.currentTimeMillis(), request);
                    },
                    now);
        });
        if (!taken) {
            throw notServing();
        }
    }

    boolean isServing() {
        return serving;
    }

    /** Whether what was read from the store before this call may be answered as a strong read. Never takes the lock. */
    boolean mayAnswerReads(long nowNanos) {
        return nowNanos - trustedUntilNanos < 0;
    }

    /** How long strong reads may go on without another lease, in nanoseconds; not above 0 when they may not now. */
    long trustLeftNanos(long nowNanos) {
        return trustedUntilNanos - nowNanos;
    }

    /** Asks the others for their lease, while this one's still lasts. */
    void renewLease() {
        event(true, Replica::renewLease);
    }

    /** Does a read again as soon as the lease of a majority is there. */
    void whenTrusted(Deadline deadline, Replier replier, Runnable again) {
        boolean taken = event(true, (it, now) -> {
            if (!it.isServing()) {
                throw notServing();
            }
            reads.add(id(), new PendingReads.Waiting(deadline, replier, again));
            it.renewLease(now);
        });
        if (!taken) {
            throw notServing();
        }
    }

    MdsException notServing() {
        boolean leads;
        synchronized (lock) {
            leads = !failed && replica.isLeader();
        }
        return MdsException.builder(
                        leads ? ErrorCode.UNAVAILABLE : ErrorCode.NOT_LEADER,
                        leads
                                ? "shard " + id() + " has a new leader here, which does not serve yet"
                                : "this region does not lead shard " + id() + " (or its log or store failed)")
                .retryAfter(Duration.ofMillis(20))
                .withoutStackTrace()
                .build();
    }

    private MdsException noLease() {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE,
                        "shard " + id() + ": a majority of its replicas did not answer its leader in time")
                .withoutStackTrace()
                .build();
    }

    // ---- applying ----

    /** Committed entries after an index, at most so many bytes, but at least one when there is one. */
    List<LogEntry> committed(LogIndex after, LogIndex upTo, long maxBytes) {
        synchronized (lock) {
            return failed ? List.of() : replica.entries(after, upTo, maxBytes);
        }
    }

    /** The store has applied these. */
    void applied(List<LogEntry> entries, List<ApplyResult> results) {
        LogIndex last = entries.get(entries.size() - 1).index();
        List<PendingWrites.Answer> answers = new ArrayList<>();
        event(false, (it, now) -> {
            it.applied(last);
            freshness.applied(last);
            answers.addAll(writes.applied(entries, results));
            retainedBytes = around.retained().trim(it, retainedBytes);
        });
        answers.forEach(answer -> PendingWrites.give(answer, id()));
    }

    // ---- the end ----

    void fail(String reason, Exception cause) {
        List<Runnable> todo;
        synchronized (lock) {
            failLocked(reason, cause);
            todo = takeAfterwards();
        }
        todo.forEach(Runnable::run);
    }

    @GuardedBy("lock")
    private void failLocked(String reason, Exception cause) {
        if (failed) {
            return;
        }
        LOG.error("shard {} stops serving: {}", id(), reason, cause);
        stop("the shard failed here: " + reason);
    }

    @GuardedBy("lock")
    private void stop(String reason) {
        failed = true;
        serving = false;
        trustedUntilNanos = System.nanoTime() - 1;
        around.retained().release(retainedBytes);
        retainedBytes = 0;
        List<PendingWrites.Waiter> lostWrites = writes.takeAll();
        List<PendingReads.Waiting> lostReads = reads.takeAll();
        MdsException unknown = PendingWrites.unknown(id(), reason);
        afterwards.add(() -> {
            lostWrites.forEach(waiter -> waiter.replier().fail(unknown));
            lostReads.forEach(read -> read.again().run());
        });
        afterwards.add(seals.refuseAll());
    }

    /** No request reaches the shard any more. */
    void close() {
        List<Runnable> todo;
        synchronized (lock) {
            if (!failed) {
                stop("the shard was dropped from this region");
            }
            todo = takeAfterwards();
        }
        todo.forEach(Runnable::run);
    }

    boolean isFailed() {
        synchronized (lock) {
            return failed;
        }
    }

    /** The newest view that it takes part in. */
    ViewNumber promised() {
        synchronized (lock) {
            return replica.promised();
        }
    }

    ShardReport report() {
        synchronized (lock) {
            ShardReport.Builder report = ShardReport.newBuilder()
                    .setShardId(id().value())
                    .setView(view.value())
                    .setPromised(replica.promised().value())
                    .setLeader(!failed && replica.isLeader())
                    .setAppliedIndex(store.appliedIndex().value())
                    .setLastIndex(replica.last().index().value())
                    .setRows(store.rowCount())
                    .setServing(serving)
                    .setFailed(failed);
            replica.caughtUpLearners().forEach(learner -> report.addCaughtUpLearners(learner.value()));
            return report.build();
        }
    }
}
