package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * One replica of one shard: the rules of its log, without threads, clocks, sockets or files. Events go in with the time at
 * which they happened, and what is to be done comes out of {@link #effects}. Views are decided elsewhere: a master seals the
 * old one, picks the most advanced log, and writes the new one into ZooKeeper. Within a view the rules are Raft's (Ongaro and
 * Ousterhout, 2014) without its elections; deciding views outside the log is Vertical Paxos (Lamport, Malkhi, Zhou, 2009) and
 * Spinnaker (Rao, Shekita, Tata, 2011). docs/protocol.md says why each rule is needed.
 *
 * <p>Thread: whoever calls, one at a time. Invariants: entries up to the commit index are never taken back, and are the same on
 * every replica; no append of an older view than promised is taken; no promise is given while a lease is.
 */
public final class Replica {
    private enum Role {
        /** Knows of no view that it may act in: it has just started, or is sealed, or was removed. */
        NONE,
        FOLLOWER,
        LEADER
    }

    private final RegionId self;
    private final ReplicaSettings settings;
    private final EntryLog log;
    private final List<Effect> effects = new ArrayList<>();
    private Role role = Role.NONE;
    private ViewNumber promised;
    private ViewNumber durablePromise;
    private long committed;
    private long told;
    private long applied;

    /** Until when this replica must not help to seal the view that it follows. */
    private long leaseGivenUntilNanos;

    private View view;
    private Leading leading;

    private Following following;
    private ViewNumber sealing;
    private ViewNumber answeredSeal;

    /**
     * A replica as recovery left it: everything that its log holds up to {@code applied} is committed, what comes after may be.
     *
     * @param promised the newest view promised, and not less than that of the last entry
     * @param rest entries after {@code applied}, all on disk
     */
    public Replica(
            RegionId self,
            ReplicaSettings settings,
            ViewNumber promised,
            LogPosition applied,
            List<LogEntry> rest,
            long nowNanos) {
        this.self = self;
        this.settings = settings;
        this.log = new EntryLog(applied);
        for (LogEntry entry : rest) {
            // Views never go back along a log: what a snapshot has overtaken is void.
            if (entry.view().compareTo(log.last().view()) < 0) {
                break;
            }
            log.append(entry);
        }
        log.durable(log.last());
        this.promised = promised.compareTo(log.last().view()) >= 0
                ? promised
                : log.last().view();
        this.durablePromise = this.promised;
        this.committed = applied.index().value();
        this.told = committed;
        this.applied = committed;
        // It may have given a lease right before it died, and does not know.
        this.leaseGivenUntilNanos = nowNanos + settings.lease().toNanos();
    }

    /** What the events since the last call want done, in order. */
    public List<Effect> effects() {
        List<Effect> done = List.copyOf(effects);
        effects.clear();
        return done;
    }

    // ---- the master ----

    /** A master asks for the promise to join no view older than this one. The answer may come later. */
    public void seal(ViewNumber newView, long nowNanos) {
        boolean repeated = newView.equals(sealing) || newView.equals(answeredSeal);
        if (newView.compareTo(promised) < 0 || (newView.equals(promised) && !repeated)) {
            effects.add(new Effect.SealRefused(newView, promised));
            return;
        }
        if (!repeated) {
            promise(newView);
            rest();
        }
        sealing = newView;
        answerSeal(nowNanos);
    }

    private void promise(ViewNumber newView) {
        promised = newView;
        effects.add(new Effect.Promise(newView));
    }

    /** Leads and follows nobody any more. */
    private void rest() {
        role = Role.NONE;
        view = null;
        leading = null;
        sealing = null;
        answeredSeal = null;
        following = null;
    }

    private void answerSeal(long nowNanos) {
        boolean lasting = durablePromise.compareTo(promised) >= 0 && log.durableIndex() == log.lastIndex();
        if (sealing != null && lasting && nowNanos - leaseGivenUntilNanos >= 0) {
            answeredSeal = sealing;
            sealing = null;
            effects.add(new Effect.Sealed(answeredSeal, log.last()));
        }
    }

    /** A view as ZooKeeper has it. Told again, or told late, it changes nothing. */
    public void open(View opened, long nowNanos) {
        int order = opened.number().compareTo(promised);
        boolean known = view != null && view.number().equals(opened.number());
        if (order < 0 || known) {
            return;
        }
        boolean mayLead = opened.number().equals(answeredSeal) || opened.isOnly(self);
        if (order > 0) {
            promise(opened.number());
        }
        if (role == Role.FOLLOWER && order == 0) {
            // Its leader was quicker than the master.
            view = opened;
            return;
        }
        rest();
        view = opened;
        if (opened.leader().equals(self)) {
            if (mayLead) {
                lead(nowNanos);
            }
        } else if (opened.holds(self)) {
            role = Role.FOLLOWER;
        }
    }

    private void lead(long nowNanos) {
        role = Role.LEADER;
        LogIndex barrier = new LogIndex(log.lastIndex() + 1);
        leading = new Leading(self, view, barrier.value(), nowNanos);
        append(LogEntry.barrier(view.number(), barrier, 0));
        sendAll(nowNanos, true);
    }

    // ---- the log ----

    private void append(LogEntry entry) {
        if (entry.index().value() <= committed) {
            throw new IllegalStateException("region " + self + ": " + entry
                    + " would replace a committed entry (committed: " + committed + ")");
        }
        log.append(entry);
        effects.add(new Effect.Append(entry));
    }

    /** An entry, and everything given to the log before it, is on disk. */
    public void durable(LogPosition position, long nowNanos) {
        log.durable(position);
        if (role == Role.LEADER) {
            advanceCommit();
        } else if (role == Role.FOLLOWER && following != null) {
            acknowledge();
        }
        tellCommitted();
        answerSeal(nowNanos);
    }

    /** A promise, and everything given to the log before it, is on disk. */
    public void promiseDurable(ViewNumber number, long nowNanos) {
        if (number.compareTo(durablePromise) > 0) {
            durablePromise = number;
        }
        answerSeal(nowNanos);
    }

    /** The store has applied entries up to here. */
    public void applied(LogIndex index) {
        applied = Math.max(applied, index.value());
    }

    /** The store will never lose what it has applied up to here: the entries need not be kept. */
    public void trim(LogIndex index) {
        log.trim(new LogIndex(Math.min(index.value(), Math.min(applied, committed))));
    }

    /** A snapshot up to here was installed. */
    public void restored(LogPosition position) {
        if (position.index().value() > committed) {
            log.restart(position);
            committed = position.index().value();
            told = committed;
            applied = committed;
        }
    }

    private void tellCommitted() {
        long safe = Math.min(committed, log.durableIndex());
        if (safe > told) {
            told = safe;
            effects.add(new Effect.Commit(new LogIndex(safe)));
        }
    }

    // ---- leading ----

    /**
     * Takes a write into the log.
     *
     * @throws IllegalStateException when it does not serve
     */
    public LogIndex propose(BiFunction<ViewNumber, LogIndex, LogEntry> maker, long nowNanos) {
        if (!isServing()) {
            throw new IllegalStateException("region " + self + " does not serve the shard");
        }
        LogIndex index = new LogIndex(log.lastIndex() + 1);
        append(maker.apply(view.number(), index));
        sendAll(nowNanos, false);
        return index;
    }

    private void sendAll(long nowNanos, boolean beat) {
        leading.others().forEach((to, progress) -> send(to, progress, nowNanos, beat));
    }

    private void send(RegionId to, Progress progress, long nowNanos, boolean beat) {
        leading.send(to, progress, log, new LogIndex(committed), settings, nowNanos, beat, effects);
    }

    private void advanceCommit() {
        long candidate = leading.onMajority(log.durableIndex());
        // Entries of older views count only below one of this view: a majority has them, but they could still be
        // voided.
        if (candidate > committed && log.viewAt(candidate).equals(view.number())) {
            committed = candidate;
        }
        if (leading.activates(committed)) {
            effects.add(new Effect.Activated(view.number()));
        }
    }

    /** True once the barrier of its view is applied: everything before it is, too. */
    public boolean isServing() {
        return role == Role.LEADER && leading.isActivated() && applied >= leading.barrier();
    }

    /**
     * Whether what was read from the store before this call is what a strong read may answer: a majority has promised not to
     * join a newer view until after now.
     */
    public boolean mayAnswerReads(long nowNanos) {
        if (!isServing()) {
            return false;
        }
        long trusted = settings.lease().minus(settings.drift()).toNanos();
        return leading.isTrustedFor(trusted, nowNanos);
    }

    /** Time has passed. To be called several times in the time of a beat. */
    public void tick(long nowNanos) {
        answerSeal(nowNanos);
        if (role == Role.LEADER && leading.isBeatDue(settings.beat().toNanos(), nowNanos)) {
            sendAll(nowNanos, true);
        }
    }

    // ---- messages ----

    /** A message from another replica. */
    public void receive(RegionId from, Message message, long nowNanos) {
        if (message instanceof Message.Append append) {
            follow(from, append, nowNanos);
        } else if (message instanceof Message.Appended appended) {
            Progress progress = progressOf(from, message);
            if (progress != null) {
                progress.matched(appended.matched(), appended.sentNanos());
                advanceCommit();
                tellCommitted();
                send(from, progress, nowNanos, false);
            }
        } else if (message instanceof Message.Refused refused) {
            refused(from, refused, nowNanos);
        }
    }

    /** Null when it is no answer to this leader, in this view. */
    private Progress progressOf(RegionId from, Message answer) {
        boolean mine = role == Role.LEADER && answer.view().equals(view.number());
        return mine ? leading.others().get(from) : null;
    }

    private void refused(RegionId from, Message.Refused refused, long nowNanos) {
        Progress progress = progressOf(from, refused);
        if (progress != null) {
            progress.refused(refused.previous(), refused.last());
            send(from, progress, nowNanos, false);
        } else if (role == Role.LEADER && refused.view().compareTo(view.number()) > 0) {
            // There is, or will be, a newer view. This one's leases have not ended, but nothing good comes of going on.
            rest();
        }
    }

    private void follow(RegionId from, Message.Append append, long nowNanos) {
        if (append.view().compareTo(promised) < 0 || isLeaderOf(append.view())) {
            effects.add(new Effect.Send(from, refusal(promised, append)));
            return;
        }
        if (append.view().compareTo(promised) > 0) {
            promise(append.view());
            rest();
            role = Role.FOLLOWER;
        } else if (role == Role.NONE) {
            View opened = view;
            rest();
            view = opened;
            role = Role.FOLLOWER;
        }
        leaseGivenUntilNanos = nowNanos + settings.lease().toNanos();
        if (!log.has(append.previous())) {
            effects.add(new Effect.Send(from, refusal(append.view(), append)));
            return;
        }
        boolean appended = false;
        for (LogEntry entry : append.entries()) {
            if (!log.has(LogPosition.of(entry))) {
                append(entry);
                appended = true;
            }
        }
        following = following == null ? new Following(from) : following;
        following.took(append);
        committed = Math.max(committed, Math.min(append.committed().value(), following.matched()));
        if (!appended) {
            acknowledge();
        }
        tellCommitted();
    }

    private boolean isLeaderOf(ViewNumber number) {
        return role == Role.LEADER && number.equals(promised);
    }

    private Message refusal(ViewNumber because, Message.Append append) {
        return new Message.Refused(
                because, append.previous().index(), log.last().index());
    }

    private void acknowledge() {
        effects.add(new Effect.Send(following.leader(), following.acknowledgement(promised, log.durableIndex())));
    }

    // ---- what others ask of it ----

    /** Entries of the log that are still in memory, for the store: those after an index that was applied, up to another. */
    public List<LogEntry> entries(LogIndex after, LogIndex upTo) {
        return log.from(after.value() + 1, Math.toIntExact(Math.max(0, upTo.value() - after.value())));
    }

    /** The newest view that it has promised to join, or has joined. */
    public ViewNumber promised() {
        return promised;
    }

    public boolean isLeader() {
        return role == Role.LEADER;
    }

    @Override
    public String toString() {
        return "Replica[region " + self + ", " + role + ", promised " + promised + ", log " + log.base() + ".."
                + log.last()
                + ", on disk " + log.durableIndex() + ", committed " + committed + ", applied " + applied + ", "
                + leading + "]";
    }
}
