package io.mds.master;

import io.mds.id.RegionId;
import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.TermTasks;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Looks at the session znodes of regions: at those that an event named, many at a time, and at all the others in turn, for
 * events that never came.
 *
 * <p>Thread: the metadata thread's, but for events, which any thread may tell of.
 */
final class RegionSessions {
    /** In which each region is looked at once. */
    private static final Duration ROUND = Duration.ofSeconds(10);
    /** Znodes read in one step. */
    private static final int MAX_BATCH = 500;

    private final Membership membership;
    private final MetadataWriter writer;
    private final ZnodePaths paths;
    private final TermTasks tasks;
    /** Bounded by the regions that there are, times the events that come before the metadata thread gets here. */
    private final ConcurrentLinkedQueue<RegionId> named = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean queued = new AtomicBoolean();
    private List<RegionId> round = List.of();
    private int looked;
    private long roundSinceNanos;

    RegionSessions(Membership membership, MetadataWriter writer, ZnodePaths paths, TermTasks tasks, long nowNanos) {
        this.membership = membership;
        this.writer = writer;
        this.paths = paths;
        this.tasks = tasks;
        this.roundSinceNanos = nowNanos;
    }

    /** The region's session znode may have come or gone. Thread: any. */
    void changed(RegionId region) {
        named.add(region);
        if (queued.compareAndSet(false, true)) {
            tasks.execute("look at the sessions of regions", this::lookAtNamed);
        }
    }

    private void lookAtNamed() throws InterruptedException {
        queued.set(false);
        Set<RegionId> regions = new HashSet<>();
        for (RegionId next = named.poll(); next != null; next = named.poll()) {
            regions.add(next);
            if (regions.size() == MAX_BATCH) {
                look(regions);
                regions.clear();
            }
        }
        look(regions);
    }

    /** Looks at as many as are due. */
    void tick(long nowNanos) throws InterruptedException {
        long since = nowNanos - roundSinceNanos;
        long due = Math.min(round.size(), round.size() * since / ROUND.toNanos());
        int to = (int) Math.min(due, looked + MAX_BATCH);
        if (to > looked) {
            look(round.subList(looked, to));
            looked = to;
        }
        if (looked == round.size() && since >= ROUND.toNanos()) {
            round = connected();
            looked = 0;
            roundSinceNanos = nowNanos;
        }
    }

    private List<RegionId> connected() {
        List<RegionId> regions = new ArrayList<>();
        for (Member member : membership.members()) {
            if (member.isConnected()) {
                regions.add(member.id());
            }
        }
        return regions;
    }

    private void look(Collection<RegionId> regions) throws InterruptedException {
        if (regions.isEmpty()) {
            return;
        }
        Set<String> present = new HashSet<>();
        for (ZooKeeperSession.Found found : writer.read(
                "sessions of " + regions.size() + " regions",
                () -> writer.session()
                        .readAll(regions.stream().map(paths::regionSession).toList()))) {
            present.add(found.path());
        }
        for (RegionId region : regions) {
            membership.sessionChecked(region, present.contains(paths.regionSession(region)));
        }
    }
}
