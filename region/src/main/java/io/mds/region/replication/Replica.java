package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
    /** What a follower keeps for the day when it leads others who lack something. */
    private static final int FOLLOWERS_KEEP = 1_000;

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
    private final Promises promises;
    private final LeaseGiven lease;
    private final CommitIndex commit;

    private View view;
    private Leading leading;
    private Following following;

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
        this.log = EntryLog.recovered(applied, rest);
        ViewNumber ofLog = log.last().view();
        this.promises = new Promises(promised.compareTo(ofLog) >= 0 ? promised : ofLog);
        this.commit = new CommitIndex(applied.index());
        this.lease = new LeaseGiven(settings.lease(), nowNanos);
    }

    /** What the events since the last call want done, in order. */
    public List<Effect> effects() {
        List<Effect> done = List.copyOf(effects);
        effects.clear();
        return done;
    }

    // ---- the master ----

    /**
     * A master asks for the promise to join no view older than this one. The answer may come later.
     *
     * @param released a view whose leader has given that promise itself, so that its lease need not be waited for; 0 for none
     */
    public void seal(ViewNumber newView, ViewNumber released, long nowNanos) {
        if (!promises.admits(newView)) {
            effects.add(new Effect.SealRefused(newView, promises.newest()));
            return;
        }
        if (!promises.isRepeated(newView)) {
            promise(newView);
            rest();
        }
        lease.release(released, nowNanos);
        promises.ask(newView);
        answerSeal(nowNanos);
    }

    private void promise(ViewNumber newView) {
        promises.make(newView);
        effects.add(new Effect.Promise(newView));
    }

    /** Leads and follows nobody any more. */
    private void rest() {
        role = Role.NONE;
        view = null;
        leading = null;
        following = null;
        promises.forgetSeals();
    }

    private void answerSeal(long nowNanos) {
        boolean lasting = promises.isAnswerDue() && log.isDurable();
        if (lasting && lease.hasEnded(nowNanos)) {
            effects.add(new Effect.Sealed(promises.answer(), log.last()));
        }
    }

    /** A view as ZooKeeper has it. Told again, or told late, it changes nothing but the leader's learners. */
    public void open(View opened, long nowNanos) {
        int order = opened.number().compareTo(promises.newest());
        if (order < 0) {
            return;
        }
        if (view != null && view.number().equals(opened.number())) {
            // Learners come and go within a view: nobody counts on them.
            view = opened;
            if (role == Role.LEADER) {
                leading.learners(opened, nowNanos);
            }
            return;
        }
        boolean mayLead = promises.hasAnswered(opened.number()) || opened.isOnly(self) || isVeryFirst(opened);
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

    /** Nothing can have been before the first view, as long as this replica has not taken part in it. */
    private boolean isVeryFirst(View opened) {
        return opened.isFirst() && promises.newest().compareTo(opened.number()) < 0;
    }

    private void lead(long nowNanos) {
        role = Role.LEADER;
        LogIndex barrier = new LogIndex(log.lastIndex() + 1);
        leading = new Leading(self, view, barrier.value(), settings, log, commit, effects, nowNanos);
        append(LogEntry.barrier(view.number(), barrier, 0));
        leading.sendAll(nowNanos, true);
    }

    // ---- the log ----

    private void append(LogEntry entry) {
        if (entry.index().value() <= commit.value()) {
            throw new IllegalStateException("region " + self + ": " + entry
                    + " would replace a committed entry (committed: " + commit.value() + ")");
        }
        log.append(entry);
        effects.add(new Effect.Append(entry));
    }

    /** An entry, and everything given to the log before it, is on disk. */
    public void durable(LogPosition position, long nowNanos) {
        log.durable(position);
        if (role == Role.LEADER) {
            leading.durable(nowNanos);
        } else if (role == Role.FOLLOWER && following != null) {
            following.durable();
        }
        tellCommitted();
        answerSeal(nowNanos);
    }

    /** A promise, and everything given to the log before it, is on disk. */
    public void promiseDurable(ViewNumber number, long nowNanos) {
        promises.isDurable(number);
        answerSeal(nowNanos);
    }

    /** The store has applied entries up to here. */
    public void applied(LogIndex index) {
        commit.applied(index.value());
    }

    /** Entries up to here, as far as they are applied, need not be kept in memory. */
    public void trim(LogIndex index) {
        log.trim(new LogIndex(Math.min(index.value(), commit.applied())));
    }

    /** As {@link #trim}, with all that is applied. */
    public void trimApplied() {
        trim(new LogIndex(commit.applied()));
    }

    /** A snapshot up to here was installed. What the log has beyond it stays, unless it belongs to another past. */
    public void restored(LogPosition position) {
        long index = position.index().value();
        if (index <= commit.applied()) {
            return;
        }
        if (position.view().compareTo(promises.newest()) > 0) {
            // It is of a view whose appends this replica has not seen: it must not take any of an older one.
            promise(position.view());
            rest();
        }
        boolean sameLog = index <= log.lastIndex() && log.has(position);
        commit.restored(index);
        if (sameLog) {
            log.trim(position.index());
        } else {
            log.restart(position);
        }
    }

    private void tellCommitted() {
        commit.untold(log.durableIndex()).ifPresent(index -> effects.add(new Effect.Commit(index)));
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
        leading.isBusy(nowNanos);
        leading.sendAll(nowNanos, false);
        return index;
    }

    /** Asks for the lease of the others, because somebody wants to read. */
    public void renewLease(long nowNanos) {
        if (role == Role.LEADER) {
            leading.renewLease(nowNanos);
        }
    }

    /** True once the barrier of its view is applied: everything before it is, too. */
    public boolean isServing() {
        return role == Role.LEADER && leading.isActivated() && commit.applied() >= leading.barrier();
    }

    /**
     * Whether what was read from the store before this call is what a strong read may answer: a majority has promised not to
     * join a newer view until after now.
     */
    public boolean mayAnswerReads(long nowNanos) {
        return isServing() && nowNanos - trustedUntilNanos(nowNanos) < 0;
    }

    /** Until when strong reads may be answered, unless something happens before; now or earlier when they may not. */
    public long trustedUntilNanos(long nowNanos) {
        return isServing() ? leading.trustedUntilNanos(nowNanos) : nowNanos;
    }

    /** Time has passed. To be called several times in the time of a beat, until {@link #isQuiet}. */
    public void tick(long nowNanos) {
        answerSeal(nowNanos);
        if (role == Role.LEADER) {
            leading.tick(nowNanos);
        } else if (following != null) {
            following.tick(nowNanos);
        }
    }

    /** Whether nothing will happen here until something happens from outside, so that no tick is needed. */
    public boolean isQuiet(long nowNanos) {
        boolean quiet = role == Role.LEADER ? leading.isQuiet(nowNanos) : following == null || following.isQuiet();
        return quiet && !promises.isAsked();
    }

    /** Whether a seal waits for its answer. */
    public boolean isSealing() {
        return promises.isAsked();
    }

    /** Whether its leader misses beats or, when it leads itself, a majority does not answer although there is work. */
    public boolean isSilent() {
        return role == Role.LEADER ? leading.isCutOff() : following != null && following.isLeaderSilent();
    }

    // ---- messages ----

    /** A message from another replica. */
    public void receive(RegionId from, Message message, long nowNanos) {
        if (message instanceof Message.Append append) {
            follow(from, append, nowNanos);
        } else if (role == Role.LEADER) {
            answered(from, message, nowNanos);
        }
    }

    private void answered(RegionId from, Message answer, long nowNanos) {
        if (answer.view().equals(view.number())) {
            leading.answered(from, answer, nowNanos);
            tellCommitted();
        } else if (answer instanceof Message.Refused && answer.view().compareTo(view.number()) > 0) {
            // There is, or will be, a newer view. This one's leases have not ended, but nothing good comes of going on.
            rest();
        }
    }

    private void follow(RegionId from, Message.Append append, long nowNanos) {
        int order = append.view().compareTo(promises.newest());
        if (order < 0 || (order == 0 && role == Role.LEADER)) {
            effects.add(new Effect.Send(from, Following.refusal(promises.newest(), append, log)));
            return;
        }
        if (order > 0) {
            promise(append.view());
            rest();
            role = Role.FOLLOWER;
        } else if (role == Role.NONE) {
            View opened = view;
            rest();
            view = opened;
            role = Role.FOLLOWER;
        }
        lease.give(append.view(), nowNanos);
        if (following == null) {
            following = new Following(from, append.view(), log, this::append, commit, effects, settings, nowNanos);
        }
        following.receive(append, nowNanos);
        tellCommitted();
    }

    /** Entries of the log that are still in memory, for the store: those after an index that was applied, up to another. */
    public List<LogEntry> entries(LogIndex after, LogIndex upTo, long maxBytes) {
        int count = Math.toIntExact(Math.max(0, upTo.value() - after.value()));
        return log.from(after.value() + 1, count, maxBytes);
    }

    /** The newest view that it has promised to join, or has joined. */
    public ViewNumber promised() {
        return promises.newest();
    }

    /** The view that it is in; empty when it knows of none. */
    public Optional<View> view() {
        return Optional.ofNullable(view);
    }

    /** The end of its log. */
    public LogPosition last() {
        return log.last();
    }

    public LogIndex committed() {
        return new LogIndex(commit.value());
    }

    /** Bytes of entries that it keeps in memory. */
    public long retainedBytes() {
        return log.bytes();
    }

    /** Entries up to here are of no use to any other replica, as far as it knows. */
    public LogIndex neededByNobody() {
        long needed = role == Role.LEADER ? leading.onAll() : commit.applied() - FOLLOWERS_KEEP;
        return new LogIndex(Math.max(0, Math.min(needed, commit.applied())));
    }

    /** Of a leader: those learners whose logs hold all that is committed. */
    public Set<RegionId> caughtUpLearners() {
        return role == Role.LEADER ? leading.learnersWith(commit.value()) : Set.of();
    }

    public boolean isLeader() {
        return role == Role.LEADER;
    }

    @Override
    public String toString() {
        return "Replica[region " + self + ", " + role + ", promised " + promises.newest() + ", log " + log.base() + ".."
                + log.last() + ", on disk " + log.durableIndex() + ", committed " + commit.value() + ", applied "
                + commit.applied() + ", " + leading + "]";
    }
}
