package io.mds.master.placement;

import io.mds.id.RegionId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Spreads shards over regions: first evenly within the table, so that one table's load is everybody's, then by how many
 * shards a region holds in all.
 */
public final class Placement {
    private Placement() {}

    /**
     * A region that can take shards.
     *
     * @param ofThisTable shards of the table in question that it holds already
     * @param inAll all shards that it holds
     */
    public record Candidate(RegionId region, int ofThisTable, int inAll) {
        Candidate plusOne() {
            return new Candidate(region, ofThisTable + 1, inAll + 1);
        }
    }

    /**
     * Chooses a region for each of so many shards.
     *
     * @return one region per shard, in shard order; the same for the same input
     */
    public static List<RegionId> place(int shards, Collection<Candidate> candidates) {
        if (candidates.isEmpty()) {
            throw new IllegalArgumentException("no region to place " + shards + " shards on");
        }
        Comparator<Candidate> fairness = Comparator.comparingInt(Candidate::ofThisTable)
                .thenComparingInt(Candidate::inAll)
                .thenComparing(Candidate::region);
        List<Candidate> now = new ArrayList<>(candidates);
        List<RegionId> chosen = new ArrayList<>(shards);
        for (int i = 0; i < shards; i++) {
            int best = 0;
            for (int c = 1; c < now.size(); c++) {
                if (fairness.compare(now.get(c), now.get(best)) < 0) {
                    best = c;
                }
            }
            chosen.add(now.get(best).region());
            now.set(best, now.get(best).plusOne());
        }
        return chosen;
    }
}
