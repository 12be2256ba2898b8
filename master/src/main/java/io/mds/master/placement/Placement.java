package io.mds.master.placement;

import io.mds.id.RegionId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Spreads shards over regions: first evenly within the table, so that one table's load is everybody's, then by how many
 * shards a region holds in all. Who leads is spread in the same way.
 */
public final class Placement {
    private static final Comparator<Candidate> BY_SHARDS = Comparator.comparingInt(Candidate::ofThisTable)
            .thenComparingInt(Candidate::inAll)
            .thenComparing(Candidate::region);

    private static final Comparator<Candidate> BY_LEADERS = Comparator.comparingInt(Candidate::ledOfThisTable)
            .thenComparingInt(Candidate::ledInAll)
            .thenComparing(Candidate::region);

    private Placement() {}

    /**
     * A region that can take shards.
     *
     * @param ofThisTable shards of the table in question that it holds already
     * @param inAll all shards that it holds
     * @param ledOfThisTable those of the table that it leads
     * @param ledInAll all that it leads
     */
    public record Candidate(RegionId region, int ofThisTable, int inAll, int ledOfThisTable, int ledInAll) {
        Candidate plusReplica() {
            return new Candidate(region, ofThisTable + 1, inAll + 1, ledOfThisTable, ledInAll);
        }

        Candidate plusLeader() {
            return new Candidate(region, ofThisTable + 1, inAll + 1, ledOfThisTable + 1, ledInAll + 1);
        }
    }

    /**
     * Chooses different regions for the replicas of each of so many shards, as many as wanted or as there are.
     *
     * @return for each shard, in shard order, its leader and then its other replicas; the same for the same input. No
     *     leader leads two more of this table than another replica of the same shard would lead in its place.
     */
    public static List<List<RegionId>> place(int shards, int replicas, Collection<Candidate> candidates) {
        if (candidates.isEmpty()) {
            throw new IllegalArgumentException("no region to place " + shards + " shards on");
        }
        List<Candidate> now = new ArrayList<>(candidates);
        List<List<RegionId>> placed = new ArrayList<>(shards);
        for (int i = 0; i < shards; i++) {
            now.sort(BY_SHARDS);
            List<Candidate> chosen = now.subList(0, Math.min(replicas, now.size()));
            chosen.sort(BY_LEADERS);
            placed.add(new ArrayList<>(chosen.stream().map(Candidate::region).toList()));
            chosen.set(0, chosen.get(0).plusLeader());
            for (int c = 1; c < chosen.size(); c++) {
                chosen.set(c, chosen.get(c).plusReplica());
            }
        }
        evenLeaders(placed, now.stream().collect(Collectors.toMap(Candidate::region, Candidate::ledOfThisTable)));
        return placed;
    }

    /** Ends because each exchange brings two regions nearer to each other, and they count in whole shards. */
    private static void evenLeaders(List<List<RegionId>> placed, Map<RegionId, Integer> led) {
        boolean changed;
        do {
            changed = false;
            for (List<RegionId> replicas : placed) {
                RegionId leader = replicas.get(0);
                RegionId idlest = Collections.min(replicas, Comparator.comparing(led::get));
                if (led.get(leader) >= led.get(idlest) + 2) {
                    led.merge(leader, -1, Integer::sum);
                    led.merge(idlest, 1, Integer::sum);
                    Collections.swap(replicas, 0, replicas.indexOf(idlest));
                    changed = true;
                }
            }
        } while (changed);
    }

    /** The candidate that should take one more replica. */
    public static RegionId best(Collection<Candidate> candidates) {
        return candidates.stream().min(BY_SHARDS).orElseThrow().region();
    }
}
