package io.mds.region.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.peer.Peers;
import io.mds.region.replication.Effect;
import io.mds.region.replication.Replica;
import io.mds.region.replication.View;
import io.mds.region.store.ApplyResult;
import io.mds.region.store.ShardStore;
import io.mds.region.wal.AppendListener;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import io.mds.region.wal.WriteAheadLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replica of an open shard with everything that it works on: gives it events, and does what it then wants done.
 *
 * <p>Thread: events come from event loops, the log thread, the ticking thread and the thread of the master's orders; the
 * lock makes them one after the other, and is never held across I/O. What is queued for the log and for other regions is
 * queued under it, so that it goes out in the order of the effects. Answers are given outside of it.
 */
final class RunningReplica implements AppendListener, RestlessShards.Restless {
    private static final Logger LOG = LoggerFactory.getLogger(RunningReplica.class);

    /** What all shards of a region share. */
    record Surroundings(
            WriteAheadLog log,
            DurableWork durableWork,
            Executor applyWorkers,
            Peers peers,
            RestlessShards restless,
            RetainedEntries retained,
            ReplicaChecksums checksums,
            WaitingPolls waitingPolls,
            Runnable onNews) {}

    /** Something that happens to the replica. Called under the lock: must not block. */
    interface Event {
        void on(Replica replica, long nowNanos);
    }

    private final ShardId id;
    private final Surroundings around;
    private final ShardApply apply;
    private final Freshness freshness;
    private final ChangePolls polls;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Replica replica;

    /** Written under the lock. */
    private volatile boolean failed;

    // Used within events alone, which is under the lock, too.
    private final Waiters waiters;
    private long retainedBytes;

    /** The learners that the master was last told of at once. */
    private Set<RegionId> caughtUp = Set.of();

    /** What follows from an event, to be done outside the lock. */
    private List<Runnable> afterwards = new ArrayList<>();

    private volatile boolean serving;
    private volatile boolean silent;
    private volatile long trustedUntilNanos = System.nanoTime() - 1;

    /** The log thread's: the last entry that it has forced since it last told the replica. */
    private LogEntry lastDurable;

    RunningReplica(ShardStore store, Replica replica, Surroundings around, Freshness freshness, ToldView told) {
        this.id = store.id();
        this.waiters = new Waiters(id, told);
        this.replica = replica;
        this.around = around;
        this.freshness = freshness;
        this.polls = new ChangePolls(store, around.waitingPolls());
        this.apply = new ShardApply(this, store, around.applyWorkers(), around.checksums(), around.onNews());
    }

    /**
     * Has the replica take an event, and does what it then wants done. An {@link MdsException} that the event throws before it
     * has changed anything goes through.
     *
     * @param small whether what comes to be applied may be applied on this thread, as far as that cannot block
     * @return false when the shard has failed, and takes none
     */
    boolean event(boolean small, Event event) {
        boolean toApply;
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
            toApply = apply.claim();
            todo = takeAfterwards();
        }
        todo.forEach(Runnable::run);
        if (toApply) {
            apply.start(small);
        }
        return true;
    }

    /** Looks at the replica. */
    <T> T look(Function<Replica, T> at) {
        synchronized (lock) {
            return at.apply(replica);
        }
    }

    /** Who waits for changes. */
    ChangePolls polls() {
        return polls;
    }

    /** Within an event: who waits for something. */
    Waiters waiters() {
        return waiters;
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
        settle(nowNanos);
    }

    @GuardedBy("lock")
    private void carryOut(Effect effect) {
        if (effect instanceof Effect.Send send) {
            around.peers().send(send.to(), id, send.message(), newestAtMillis());
        } else if (effect instanceof Effect.Append append) {
            around.log().append(id, append.entry(), replica.committed(), this);
        } else if (effect instanceof Effect.Commit commit) {
            apply.upTo(commit.index());
        } else if (effect instanceof Effect.Promise promise) {
            ViewNumber promised = promise.view();
            around.log().promise(id, promised, () -> event(true, (it, now) -> it.promiseDurable(promised, now)));
        } else if (effect instanceof Effect.Sealed sealed) {
            afterwards.add(waiters.seals().sealed(sealed.view(), sealed.last()));
        } else if (effect instanceof Effect.SealRefused refused) {
            afterwards.add(waiters.seals().refused(refused.view(), refused.promised()));
        } else if (effect instanceof Effect.Behind behind) {
            around.peers().sendBehind(behind.region(), id, replica.promised());
        } else if (effect instanceof Effect.Activated activated) {
            LOG.debug("shard {}: view {} is activated", id, activated.view());
        }
    }

    /** Now, as long as no other leader can have acknowledged anything. */
    private long newestAtMillis() {
        return trustedUntilNanos - System.nanoTime() > 0 ? System.currentTimeMillis() : 0;
    }

    /** What the state of the replica, after an event, means for those who wait, and for what may be served. */
    @GuardedBy("lock")
    private void settle(long nowNanos) {
        boolean began = !serving && replica.isServing();
        serving = replica.isServing();
        trustedUntilNanos = replica.trustedUntilNanos(nowNanos);
        boolean silenceChanged = silent != replica.isSilent();
        silent = replica.isSilent();
        if (began || silenceChanged || hasNewlyCaughtUp()) {
            afterwards.add(around.onNews());
        }
        waiters.settle(replica, trustedUntilNanos - nowNanos > 0, nowNanos, afterwards);
        if (!replica.isQuiet(nowNanos) || waiters.needTime()) {
            around.restless().add(this);
        }
    }

    /** Whether a learner is as good as the leader for the first time: a master waits to hear of it. */
    @GuardedBy("lock")
    private boolean hasNewlyCaughtUp() {
        Set<RegionId> now = replica.caughtUpLearners();
        if (caughtUp.containsAll(now)) {
            if (!caughtUp.isEmpty()
                    && replica.view().map(View::learners).stream().allMatch(Set::isEmpty)) {
                caughtUp = Set.of();
            }
            return false;
        }
        caughtUp = now;
        return true;
    }

    @Override
    public boolean tick() {
        boolean[] again = new boolean[1];
        event(false, (it, now) -> {
            it.tick(now);
            waiters.tick(now, afterwards);
            again[0] = !it.isQuiet(now) || waiters.needTime();
        });
        return again[0];
    }

    /** True while strong reads and writes are served, apart from leases. Never takes the lock. */
    boolean isServing() {
        return serving;
    }

    /** Whether it serves, and nothing can be committed, because a majority has not answered for long. Never takes the lock. */
    boolean isCutOff() {
        return silent && serving;
    }

    /** How long strong reads may go on without another lease, in nanoseconds; not above 0 when they may not now. */
    long trustLeftNanos(long nowNanos) {
        return trustedUntilNanos - nowNanos;
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

    // ---- applying ----

    /** Entries after an index and up to another, both committed; at most so many bytes, but at least one. */
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
            answers.addAll(waiters.writes().applied(entries, results));
            retainedBytes = around.retained().trim(it, retainedBytes);
        });
        answers.forEach(answer -> PendingWrites.give(answer, id));
        polls.applied();
    }

    /** A snapshot was installed in the store. */
    void restored(LogPosition position) {
        event(false, (it, now) -> {
            apply.restored(position.index());
            it.restored(position);
        });
        polls.applied();
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
        LOG.error("shard {} stops serving: {}", id, reason, cause);
        stop("the shard failed here: " + reason);
        afterwards.add(around.onNews());
    }

    @GuardedBy("lock")
    private void stop(String reason) {
        failed = true;
        serving = false;
        trustedUntilNanos = System.nanoTime() - 1;
        around.retained().release(retainedBytes);
        retainedBytes = 0;
        waiters.stop(reason, afterwards);
        afterwards.add(() -> polls.close(reason));
    }

    /** Takes no event any more. */
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

    /** Never takes the lock: those who ask hold others. */
    boolean isFailed() {
        return failed;
    }
}
