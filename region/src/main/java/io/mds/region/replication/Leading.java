package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.region.wal.LogEntry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a leader knows while it leads a view: how far the others are, and which leases they have given. */
final class Leading {
    private final RegionId self;
    private final View view;
    private final Map<RegionId, Progress> others = new HashMap<>();
    private final long barrier;
    private boolean activated;
    private long lastBeatNanos;

    /** @param barrier index of the entry that opens the view, the first that the others are sent */
    Leading(RegionId self, View view, long barrier, long nowNanos) {
        this.self = self;
        this.view = view;
        this.barrier = barrier;
        this.lastBeatNanos = nowNanos;
        view.replicas().forEach(this::add);
        view.learners().forEach(this::add);
    }

    private void add(RegionId region) {
        if (!region.equals(self)) {
            others.put(region, new Progress(barrier));
        }
    }

    View view() {
        return view;
    }

    Map<RegionId, Progress> others() {
        return others;
    }

    long barrier() {
        return barrier;
    }

    boolean isActivated() {
        return activated;
    }

    /** Whether the view's barrier is committed now and was not before. */
    boolean activates(long committed) {
        boolean first = !activated && committed >= barrier;
        activated |= first;
        return first;
    }

    boolean isBeatDue(long beatNanos, long nowNanos) {
        boolean due = nowNanos - lastBeatNanos >= beatNanos;
        lastBeatNanos = due ? nowNanos : lastBeatNanos;
        return due;
    }

    /**
     * Sends what the replica does not have yet, as far as the window lets it.
     *
     * @param beat whether to send although there is nothing
     */
    void send(
            RegionId to,
            Progress progress,
            EntryLog log,
            LogIndex committed,
            ReplicaSettings settings,
            long nowNanos,
            boolean beat,
            List<Effect> effects) {
        long base = log.base().index().value();
        boolean behind = progress.next() <= base;
        if (behind) {
            effects.add(new Effect.Behind(to, new LogIndex(progress.matched())));
        }
        long next = Math.max(progress.next(), base + 1);
        boolean waits = behind || progress.isWaitedFor(settings.window());
        List<LogEntry> entries = waits ? List.of() : log.from(next, settings.batch());
        if (entries.isEmpty() && !beat) {
            return;
        }
        LogPosition previous = new LogPosition(log.viewAt(next - 1), new LogIndex(next - 1));
        effects.add(new Effect.Send(to, new Message.Append(view.number(), nowNanos, previous, entries, committed)));
        progress.sent(entries.size());
    }

    /**
     * The last entry that a majority has on disk.
     *
     * @param durable the last that the leader has itself
     */
    long onMajority(long durable) {
        long[] matchedBy = view.replicas().stream()
                .mapToLong(replica ->
                        replica.equals(self) ? durable : others.get(replica).matched())
                .sorted()
                .toArray();
        return matchedBy[(matchedBy.length - 1) / 2];
    }

    /** Whether a majority has accepted something that was sent less than this time ago. */
    boolean isTrustedFor(long nanos, long nowNanos) {
        long holders = view.replicas().stream()
                .filter(replica -> replica.equals(self) || others.get(replica).acceptedWithin(nanos, nowNanos))
                .count();
        return holders * 2 > view.replicas().size();
    }

    @Override
    public String toString() {
        return "barrier " + barrier + ", others " + others;
    }
}
