package io.mds.region.replication;

import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import java.util.Collection;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who holds a shard and who leads it, as a master has written it into ZooKeeper. Numbers only grow, and there is one view for
 * each, because only the active master writes them.
 *
 * @param replicas those whose majority commits, the leader among them
 * @param learners those that are brought up to date and do not count
 * @param previous the replicas of the views that may hold committed entries which this one's majority does not have yet;
 *     empty when they are the same, or once this view was activated
 */
public record View(
        ViewNumber number, RegionId leader, Set<RegionId> replicas, Set<RegionId> learners, Set<RegionId> previous) {
    public View {
        replicas = inOrder(replicas);
        learners = inOrder(learners);
        previous = inOrder(previous);
        if (!replicas.contains(leader)) {
            throw new IllegalArgumentException("view " + number + " is led by region " + leader
                    + ", which is not one of its replicas: " + replicas);
        }
    }

    /** In the order of their ids, so that what is done for each is always done in the same order. */
    private static Set<RegionId> inOrder(Set<RegionId> regions) {
        return Collections.unmodifiableSet(new TreeSet<>(regions));
    }

    /** A view whose replicas are those of the one before. */
    public static View of(ViewNumber number, RegionId leader, Set<RegionId> replicas) {
        return new View(number, leader, replicas, Set.of(), Set.of());
    }

    /** Whether those who answered a seal are enough to know everything that may have been committed before. */
    public boolean isSealedBy(Collection<RegionId> answered) {
        return isMajority(answered, replicas) && (previous.isEmpty() || isMajority(answered, previous));
    }

    /** Whether the region is the only one that ever counted: it needs nobody's lease, and may go on after a restart. */
    public boolean isOnly(RegionId region) {
        return replicas.size() == 1 && previous.isEmpty() && leader.equals(region);
    }

    /** Nothing can have been before it. */
    public boolean isFirst() {
        return number.value() == 1 && previous.isEmpty();
    }

    /** Whether the region gets the entries of the log. */
    public boolean holds(RegionId region) {
        return replicas.contains(region) || learners.contains(region);
    }

    static boolean isMajority(Collection<RegionId> some, Set<RegionId> all) {
        return some.stream().filter(all::contains).distinct().count() * 2 > all.size();
    }
}
