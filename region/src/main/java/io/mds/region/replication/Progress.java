package io.mds.region.replication;

import io.mds.id.LogIndex;
import java.util.ArrayDeque;
import java.util.Deque;

/** What a leader knows of one other replica. */
final class Progress {
    /** The next entry to send: all before it were sent, and are taken for received until the replica says otherwise. */
    private long next;

    private long matched;

    /** Taken for what it has until it says more: what is under way to it begins after this. */
    private long assumed;

    /** The last entries of the messages that are under way to it, as far as they carry any. */
    private final Deque<Long> underWay = new ArrayDeque<>();

    private final NewestSent accepted = new NewestSent();

    /** For how long it stands by what it accepted last. */
    private long leaseNanos;

    Progress(long next) {
        this.next = next;
        this.assumed = next - 1;
    }

    long next() {
        return next;
    }

    long matched() {
        return matched;
    }

    /** Whether so much is under way to it that more would not be taken sooner: it comes in larger messages then. */
    boolean isWaitedFor(int window, int appends) {
        return underWay.size() >= appends || next - Math.max(matched, assumed) > window;
    }

    void sent(int entries) {
        next += entries;
        if (entries > 0) {
            underWay.add(next - 1);
        }
    }

    /**
     * @param sentNanos when the append was sent that this answers
     * @param lease given with the answer, in nanoseconds
     */
    void matched(LogIndex index, long sentNanos, long lease) {
        matched = Math.max(matched, index.value());
        next = Math.max(next, matched + 1);
        while (!underWay.isEmpty() && underWay.peek() <= matched) {
            underWay.poll();
        }
        if (accepted.saw(sentNanos)) {
            leaseNanos = lease;
        }
    }

    /**
     * Its log ends before this entry, or has another one there. It may have less than it once said: a learner that was
     * dropped and made again, a replica that lost its promise of the view in a crash, and followed an older one since.
     */
    void refused(LogIndex previous, LogIndex last) {
        next = Math.max(1, Math.min(previous.value(), last.value() + 1));
        matched = Math.min(matched, next - 1);
        assumed = next - 1;
        underWay.clear();
    }

    /** For how long the leader may still trust its lease; 0 when there is none. */
    long leaseLeftNanos(long nowNanos) {
        return Math.max(0, ReplicaSettings.trustedNanos(leaseNanos) - accepted.age(nowNanos));
    }

    /** Whether it has everything up to an index, and accepted something that was sent after the given time. */
    boolean knowsAll(long last, long sinceNanos) {
        return matched >= last && accepted.isAfter(sinceNanos);
    }

    @Override
    public String toString() {
        return "matched " + matched + ", next " + next;
    }
}
