package io.mds.master.views;

import io.mds.master.state.Shard;
import io.mds.znode.ShardRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One view change under way. Thread: the metadata thread's. */
final class ViewChange {
    /**
     * What is wanted of a view change.
     *
     * @param replicas the replicas of the next view; the present ones stay while the present view is not activated
     * @param leader who should lead when its log is good enough; 0 for the master's choice
     * @param leaderFirst the present leader is alive: once it has sealed, nobody has to wait for its leases
     * @param notLeader who should not lead as long as others can; 0 for nobody
     * @param why for the log
     */
    record Wish(List<Long> replicas, long leader, boolean leaderFirst, long notLeader, String why) {
        Wish(List<Long> replicas, long leader, boolean leaderFirst, String why) {
            this(replicas, leader, leaderFirst, 0, why);
        }
    }

    /** Told of the end. Thread: the metadata thread. */
    interface Outcome {
        Outcome IGNORED = written -> {};

        /** @param written the record of the new view, or null when there is none */
        void ended(ShardRecord written);

        /**
         * The leadership has ended first.
         *
         * @param perhapsWritten nobody could say whether the record of the new view was written
         */
        default void abandoned(String reason, boolean perhapsWritten) {}
    }

    private final Shard shard;
    private final long fromView;
    private final Wish wish;
    private final long startedAtNanos;
    private final Map<Long, ViewChoice.Position> sealed = new TreeMap<>();
    private final Set<Long> underWay = new HashSet<>();
    private final List<Outcome> waiting = new ArrayList<>();
    private long number;
    private int rounds;
    private long nextRoundNanos;
    private long enoughSinceNanos;
    private boolean enough;
    private boolean perhapsWritten;

    ViewChange(Shard shard, Wish wish, long number, long nowNanos) {
        this.shard = shard;
        this.fromView = shard.record().view();
        this.wish = wish;
        this.number = number;
        this.startedAtNanos = nowNanos;
        this.nextRoundNanos = nowNanos;
    }

    Shard shard() {
        return shard;
    }

    Wish wish() {
        return wish;
    }

    long number() {
        return number;
    }

    long startedAtNanos() {
        return startedAtNanos;
    }

    /** The shard is still in the view that is to be left. */
    boolean isCurrent() {
        return shard.record().view() == fromView;
    }

    Map<Long, ViewChoice.Position> sealed() {
        return sealed;
    }

    /** The answers among which the next leader is looked for: whoever should not lead is only there when it must be. */
    Map<Long, ViewChoice.Position> candidates() {
        Map<Long, ViewChoice.Position> others = new TreeMap<>(sealed);
        others.remove(wish.notLeader());
        return ViewChoice.isSealedBy(shard.record(), others.keySet()) ? others : sealed;
    }

    /** The leader's own seal releases the leases that others gave it. */
    long releasedView() {
        return sealed.containsKey(shard.record().leader()) ? fromView : 0;
    }

    boolean isDue(long nowNanos) {
        return nowNanos - nextRoundNanos >= 0;
    }

    int rounds() {
        return rounds;
    }

    void asked(long nextNanos) {
        rounds++;
        nextRoundNanos = nextNanos;
    }

    /** Asks those who are left without the pause. */
    void hurry(long nowNanos) {
        nextRoundNanos = nowNanos;
    }

    boolean isUnderWay(long region) {
        return underWay.contains(region);
    }

    void sent(long region) {
        underWay.add(region);
    }

    void ended(long region) {
        underWay.remove(region);
    }

    void sealedBy(long region, ViewChoice.Position position, long nowNanos) {
        sealed.put(region, position);
        if (!enough && ViewChoice.isSealedBy(shard.record(), sealed.keySet())) {
            enough = true;
            enoughSinceNanos = nowNanos;
        }
    }

    boolean isEnough() {
        return enough;
    }

    long enoughSinceNanos() {
        return enoughSinceNanos;
    }

    /** A newer view was promised somewhere: what was answered so far is worth nothing for the new number. */
    void raise(long promised, long nowNanos) {
        number = Math.max(number, promised) + 1;
        sealed.clear();
        underWay.clear();
        enough = false;
        hurry(nowNanos);
    }

    void waiting(Outcome outcome) {
        waiting.add(outcome);
    }

    void end(ShardRecord written) {
        waiting.forEach(outcome -> outcome.ended(written));
        waiting.clear();
    }

    /** Its record's write has failed, and nobody could say how. */
    void perhapsWritten() {
        perhapsWritten = true;
    }

    void abandon(String reason) {
        waiting.forEach(outcome -> outcome.abandoned(reason, perhapsWritten));
        waiting.clear();
    }

    @Override
    public String toString() {
        return shard + " -> view " + number;
    }
}
