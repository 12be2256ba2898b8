package io.mds.simulator;

import io.mds.id.RegionId;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes things go wrong. Each run has its own choice of faults, since one that has them all the time hides what only shows
 * when there is time in between.
 */
final class Nemesis {
    private final Simulation shard;
    private final Schedule schedule;
    private final Network network;
    private final Dice dice;
    private final Coverage coverage;
    private final Trace trace;
    private final List<Runnable> faults = new ArrayList<>();
    private final boolean strikesNewLeaders;

    Nemesis(Simulation shard, Schedule schedule, Network network, Dice dice, Coverage coverage, Trace trace) {
        this.shard = shard;
        this.schedule = schedule;
        this.network = network;
        this.dice = dice;
        this.coverage = coverage;
        this.trace = trace;
        this.strikesNewLeaders = dice.oneIn(2);
        maybe(3, () -> crash(shard.anyRegion(), 200_000));
        maybe(2, () -> crash(shard.leader(), 200_000));
        maybe(1, () -> shard.regions().forEach(region -> crash(region, 100_000)));
        maybe(2, () -> pause(shard.anyRegion()));
        maybe(2, () -> pause(shard.leader()));
        maybe(2, () -> partition(shard.anyRegion()));
        maybe(2, () -> partition(shard.leader()));
        maybe(2, this::slowLink);
        maybe(2, () -> shard.anyRegion().slow(dice.oneIn(2), dice.oneIn(2)));
        maybe(1, shard::deposeMaster);
        maybe(2, () -> shard.anyMaster().suspectLeader());
        maybe(2, () -> shard.anyMaster().moveLeader());
        maybe(2, () -> shard.anyMaster().addLearner());
        maybe(1, () -> shard.anyMaster().removeLearners());
        maybe(2, () -> shard.anyMaster().removeReplica());
        maybe(3, this::coup);
        maybe(1, this::loseDisk);
        maybe(1, () -> shard.sendSnapshot(shard.leader(), shard.anyRegion().id()));
        faults.add(network::mend);
        faults.add(network::mend);
    }

    private void maybe(int weight, Runnable fault) {
        if (dice.below(5) < 3) {
            for (int i = 0; i < weight; i++) {
                faults.add(fault);
            }
        }
    }

    void strike() {
        faults.get(dice.below(faults.size())).run();
    }

    /** A leader that has just been made is lost before it can do much. */
    void viewWritten(RegionId leader) {
        if (strikesNewLeaders && dice.oneIn(2)) {
            schedule.within(500, 6_000, () -> {
                if (shard.isFaulty()) {
                    crash(shard.region(leader), 30_000);
                }
            });
        }
    }

    private void crash(SimulatedRegion region, long maxDownMicros) {
        region.crash();
        schedule.within(500, maxDownMicros, region::start);
    }

    private void pause(SimulatedRegion region) {
        coverage.count(Coverage.Event.PAUSES);
        region.pause(dice.between(5_000, 300_000));
    }

    private void partition(SimulatedRegion region) {
        coverage.count(Coverage.Event.PARTITIONS);
        int place = Network.place(region.id());
        int except = dice.below(shard.regions().size() + 1);
        if (dice.oneIn(2)) {
            network.isolate(place, except);
            trace.note(() -> "region " + region.id() + " is cut off from all but " + except + " (0: the masters)");
        } else {
            network.cut(place, except);
            trace.note(() -> "region " + region.id() + " does not reach " + except + " (0: the masters)");
        }
    }

    private void slowLink() {
        int from = dice.below(shard.regions().size() + 1);
        int to = dice.below(shard.regions().size() + 1);
        network.slowDown(from, to);
        trace.note(() -> "the link from " + from + " to " + to + " is slow (0: the masters)");
    }

    /** The leader lives, and hears of nothing, while those that followed it make another one as fast as they can. */
    private void coup() {
        SimulatedRegion leader = shard.leader();
        int place = Network.place(leader.id());
        int except = dice.oneIn(2) ? place : 1 + dice.below(shard.regions().size());
        network.isolate(place, except);
        trace.note(() -> "coup: the leader, region " + leader.id() + ", is cut off from all but " + except);
        shard.master().suspectLeader();
        for (SimulatedRegion region : shard.regions()) {
            if (region != leader && dice.oneIn(2)) {
                schedule.within(0, 8_000, () -> {
                    if (shard.isFaulty()) {
                        crash(region, 3_000);
                    }
                });
            }
        }
        schedule.within(100_000, 300_000, network::mend);
    }

    private void loseDisk() {
        SimulatedRegion region = shard.anyRegion();
        if (region.holdsShard() && shard.canLoseDisk(region.id())) {
            coverage.count(Coverage.Event.DISKS_LOST);
            region.crash();
            region.loseDisk();
            schedule.within(1_000, 100_000, region::start);
        }
    }
}
