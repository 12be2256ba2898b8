package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What a leader knows while it leads a view: how far the others are, and which leases they have given. */
final class Leading {
    /** Longer than the pauses between the requests of one client. */
    private static final int BEATS_AFTER_WORK = 10;

    /**
     * Beats that say that no more follow, before they become seldom: should one of them be lost, the next comes before
     * anybody misses it.
     */
    private static final int LAST_BEATS = 5;

    private static final int SELDOM = 10;

    /** As many times in a beat, at most, the others are asked for their lease. */
    private static final int ASKS_PER_BEAT = 20;

    private final RegionId self;
    private final ReplicaSettings settings;
    private final EntryLog log;
    private final CommitIndex commit;
    private final List<Effect> effects;
    private View view;
    private final Map<RegionId, Progress> others = new TreeMap<>();

    /** Those of the others that count: they are the same as long as the view lasts. */
    private final List<Progress> voters = new ArrayList<>();

    private final long beganNanos;
    private final long barrier;
    private boolean activated;
    private long lastBeatNanos;
    private long busyAtNanos;

    /** That of the others, of whom a majority is needed. */
    private final Silence silence;

    /** @param barrier index of the entry that opens the view, the first that the others are sent */
    Leading(
            RegionId self,
            View view,
            long barrier,
            ReplicaSettings settings,
            EntryLog log,
            CommitIndex commit,
            List<Effect> effects,
            long nowNanos) {
        this.self = self;
        this.settings = settings;
        this.log = log;
        this.commit = commit;
        this.effects = effects;
        this.view = view;
        this.barrier = barrier;
        this.beganNanos = nowNanos;
        this.lastBeatNanos = nowNanos;
        this.busyAtNanos = nowNanos;
        this.silence = new Silence(settings.silence(), nowNanos);
        holders().forEach(this::add);
    }

    private void add(RegionId region) {
        if (!region.equals(self) && !others.containsKey(region)) {
            Progress progress = new Progress(barrier);
            others.put(region, progress);
            if (view.replicas().contains(region)) {
                voters.add(progress);
            }
        }
    }

    /** The same view, with other learners. */
    void learners(View withLearners, long nowNanos) {
        view = withLearners;
        others.keySet().retainAll(holders());
        holders().forEach(this::add);
        sendAll(nowNanos, true);
    }

    private Set<RegionId> holders() {
        Set<RegionId> holders = new TreeSet<>(view.replicas());
        holders.addAll(view.learners());
        return holders;
    }

    long barrier() {
        return barrier;
    }

    boolean isActivated() {
        return activated;
    }

    /** Somebody writes, reads, or has to learn that something is committed. */
    void isBusy(long nowNanos) {
        busyAtNanos = nowNanos;
    }

    /**
     * Somebody wants to read. Each read asks until an answer is there, but one question renews the lease for all of them: when
     * it was asked a moment ago, it need only be asked again because it may have been lost.
     */
    void renewLease(long nowNanos) {
        isBusy(nowNanos);
        if (nowNanos - lastBeatNanos >= settings.beat().toNanos() / ASKS_PER_BEAT) {
            lastBeatNanos = nowNanos;
            sendAll(nowNanos, true);
        }
    }

    /**
     * A leader that has work sends beats. One that has none says so with its last ones, sends more seldom, to those who lack
     * something, and none at all when nobody does: thousands of idle shards cost nothing.
     */
    void tick(long nowNanos) {
        boolean quiet = isQuiet(nowNanos);
        long beat = settings.beat().toNanos();
        boolean seldom = lastBeatNanos - restsAfterNanos() > beat * LAST_BEATS;
        if (!quiet && nowNanos - lastBeatNanos >= (seldom ? beat * SELDOM : beat)) {
            lastBeatNanos = nowNanos;
            sendAll(nowNanos, true);
        }
        listen(nowNanos);
    }

    /** When there has been no work for a while. What is sent later says that no beats are to be expected. */
    private long restsAfterNanos() {
        return busyAtNanos + settings.beat().toNanos() * BEATS_AFTER_WORK;
    }

    private boolean isBeating(long nowNanos) {
        return nowNanos - restsAfterNanos() <= 0;
    }

    private void listen(long nowNanos) {
        // Before it has served, the others may be on their way to its view.
        boolean needsOthers = activated && (isBeating(nowNanos) || commit.value() < log.lastIndex());
        if (needsOthers && trustedUntilNanos(nowNanos) - nowNanos <= 0) {
            silence.look(nowNanos);
        } else {
            silence.heard(nowNanos);
        }
    }

    /** Whether there is work, and no majority of the others has been heard for long. */
    boolean isCutOff() {
        return silence.isTooLong();
    }

    /** Whether all have everything, know that it is committed, and expect no beat. */
    boolean isQuiet(long nowNanos) {
        if (isBeating(nowNanos)) {
            return false;
        }
        for (Progress each : others.values()) {
            if (!each.knowsAll(log.lastIndex(), restsAfterNanos())) {
                return false;
            }
        }
        return true;
    }

    void sendAll(long nowNanos, boolean beat) {
        others.forEach((to, progress) -> {
            // Who lacks too much is told so by beats, not by each write.
            if (beat || !isBehind(progress)) {
                send(to, progress, nowNanos, beat);
            }
        });
    }

    private boolean isBehind(Progress progress) {
        return progress.next() <= log.base().index().value();
    }

    /** More of its own log is on disk. */
    void durable(long nowNanos) {
        advanceCommit(nowNanos);
        if (isAlone()) {
            sendAll(nowNanos, false);
        }
    }

    /**
     * The only replica goes on in its view after a restart. So that nobody ever has an entry of it that it lost, learners are
     * sent what is on its disk.
     */
    private boolean isAlone() {
        return view.replicas().size() == 1;
    }

    /** An answer given in this view. */
    void answered(RegionId from, Message answer, long nowNanos) {
        Progress progress = others.get(from);
        if (progress == null) {
            return;
        }
        if (answer instanceof Message.Appended appended) {
            if (appended.sentNanos() - beganNanos < 0 || appended.sentNanos() - nowNanos > 0) {
                // An answer to an earlier life, by another clock.
                return;
            }
            progress.matched(appended.matched(), appended.sentNanos(), appended.leaseNanos());
            advanceCommit(nowNanos);
        } else if (answer instanceof Message.Refused refused) {
            progress.refused(refused.previous(), refused.last());
        }
        send(from, progress, nowNanos, false);
    }

    /**
     * Sends what the replica does not have yet, as far as the window lets it.
     *
     * @param beat whether to send although there is nothing
     */
    private void send(RegionId to, Progress progress, long nowNanos, boolean beat) {
        long base = log.base().index().value();
        boolean behind = isBehind(progress);
        if (behind) {
            effects.add(new Effect.Behind(to, new LogIndex(progress.matched())));
        }
        long next = Math.max(progress.next(), base + 1);
        boolean waits = behind || progress.isWaitedFor(settings.window(), settings.appends());
        long end = isAlone() ? log.durableIndex() : log.lastIndex();
        int limit = (int) Math.min(settings.batch(), end - next + 1);
        List<LogEntry> entries = waits ? List.of() : log.from(next, limit, settings.batchBytes());
        if (entries.isEmpty() && !beat) {
            return;
        }
        LogPosition previous = new LogPosition(log.viewAt(next - 1), new LogIndex(next - 1));
        LogIndex committed = new LogIndex(commit.value());
        boolean beating = isBeating(nowNanos);
        effects.add(new Effect.Send(
                to, new Message.Append(view.number(), nowNanos, previous, entries, committed, beating)));
        progress.sent(entries.size());
    }

    void advanceCommit(long nowNanos) {
        long candidate = onMajority(log.durableIndex());
        // Entries of older views count only below one of this view: a majority has them, but they could still be
        // voided.
        if (candidate > commit.value() && log.viewAt(candidate).equals(view.number())) {
            commit.advanceTo(candidate);
            isBusy(nowNanos);
        }
        if (!activated && commit.value() >= barrier) {
            activated = true;
            effects.add(new Effect.Activated(view.number()));
        }
    }

    /**
     * The last entry that a majority has on disk.
     *
     * @param durable the last that the leader has itself
     */
    private long onMajority(long durable) {
        long[] matchedBy = new long[voters.size() + 1];
        for (int i = 0; i < voters.size(); i++) {
            matchedBy[i] = voters.get(i).matched();
        }
        matchedBy[voters.size()] = durable;
        Arrays.sort(matchedBy);
        return matchedBy[(matchedBy.length - 1) / 2];
    }

    /**
     * Until when a majority has promised to join no newer view: counted from the sending of what it accepted, less a margin
     * for clocks that run at different rates.
     */
    long trustedUntilNanos(long nowNanos) {
        long[] left = new long[voters.size() + 1];
        for (int i = 0; i < voters.size(); i++) {
            left[i] = voters.get(i).leaseLeftNanos(nowNanos);
        }
        // Its own promise holds as long as it leads.
        left[voters.size()] = ReplicaSettings.trustedNanos(settings.lease().toNanos());
        Arrays.sort(left);
        return nowNanos + left[(left.length - 1) / 2];
    }

    /** The last entry that all have. */
    long onAll() {
        return others.values().stream().mapToLong(Progress::matched).min().orElse(Long.MAX_VALUE);
    }

    /** The learners that have everything up to an index. */
    Set<RegionId> learnersWith(long index) {
        if (view.learners().isEmpty()) {
            return Set.of();
        }
        return view.learners().stream()
                .filter(learner -> others.get(learner).matched() >= index)
                .collect(Collectors.toSet());
    }

    @Override
    public String toString() {
        return "barrier " + barrier + ", others " + others;
    }
}
