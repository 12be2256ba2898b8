package io.mds.master.views;

import io.mds.znode.ShardRecord;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rules of a view change: when enough has been sealed, and what the next view is then (docs/protocol.md, "Changing a
 * view").
 */
final class ViewChoice {
    private ViewChoice() {}

    /**
     * The end of a replica's log, as told with its seal; a log is more advanced by its newest view first, then by its
     * length.
     */
    record Position(long view, long index) implements Comparable<Position> {
        private static final Comparator<Position> ORDER =
                Comparator.comparingLong(Position::view).thenComparingLong(Position::index);

        @Override
        public int compareTo(Position other) {
            return ORDER.compare(this, other);
        }
    }

    /** Who is asked for seals: everybody who may hold something committed. */
    static Set<Long> asked(ShardRecord record) {
        Set<Long> asked = new TreeSet<>(record.replicas());
        asked.addAll(record.previous());
        return asked;
    }

    /** Whether those who sealed are enough to know everything that may have been committed before. */
    static boolean isSealedBy(ShardRecord record, Collection<Long> sealed) {
        return isMajority(sealed, record.replicas())
                && (record.previous().isEmpty() || isMajority(sealed, record.previous()));
    }

    private static boolean isMajority(Collection<Long> some, List<Long> all) {
        return all.stream().filter(some::contains).count() * 2 > all.size();
    }

    /**
     * The record of the next view.
     *
     * @param wanted the replicas it should have; only those of the present one when that is not activated yet
     * @param answers of those that sealed, which are enough
     * @param preference the best leader first, among those with equally advanced logs
     */
    static ShardRecord next(
            ShardRecord from,
            long number,
            List<Long> wanted,
            Map<Long, Position> answers,
            Comparator<Long> preference) {
        Position best = answers.values().stream().max(Comparator.naturalOrder()).orElseThrow();
        List<Long> mostAdvanced = answers.entrySet().stream()
                .filter(answer -> answer.getValue().equals(best))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        List<Long> replicas = replicasFor(from, wanted, mostAdvanced);
        long leader =
                mostAdvanced.stream().filter(replicas::contains).min(preference).orElseThrow();
        return ShardViews.next(from, number, leader, replicas, previousOf(from, replicas));
    }

    /** The leader is one of the replicas; where that is impossible with those wanted, the old ones stay for this view. */
    private static List<Long> replicasFor(ShardRecord from, List<Long> wanted, List<Long> mostAdvanced) {
        for (List<Long> replicas : List.of(wanted, from.replicas(), from.previous())) {
            if (mostAdvanced.stream().anyMatch(replicas::contains)) {
                return replicas;
            }
        }
        throw new IllegalStateException(from + ": sealed by " + mostAdvanced + ", none of them a replica");
    }

    /** Until a view is activated, seals need a majority of its replicas and of those before, whichever lead. */
    private static List<Long> previousOf(ShardRecord from, List<Long> replicas) {
        boolean same = Set.copyOf(replicas).equals(Set.copyOf(from.replicas()));
        if (from.previous().isEmpty()) {
            return same ? List.of() : from.replicas();
        }
        return same ? from.previous() : from.replicas();
    }
}
