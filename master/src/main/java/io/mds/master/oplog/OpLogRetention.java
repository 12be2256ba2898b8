package io.mds.master.oplog;

import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.StandbyMaster;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes old entries of the OpLog, a bounded number at a time, and says where it begins and ends.
 *
 * <p>An entry goes when there are more than the retention count and every live standby has taken it. A standby that does
 * not move is waited for only up to a multiple of that count; it reads the state again after that. Where the log begins
 * is written with each removal, so the next master goes on where this one stopped.
 *
 * <p>Thread: the metadata thread's.
 */
public final class OpLogRetention {
    /** Entries removed in one multi. */
    static final int MAX_BATCH = 500;
    /** Times the retention count that entries are kept for a standby which does not take them. */
    static final int PATIENCE = 10;

    private static final Logger log = LoggerFactory.getLogger(OpLogRetention.class);
    private static final Duration ANNOUNCE = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final OpLog opLog;
    private final MetadataWriter writer;
    private final ZnodePaths paths;
    private final int retained;
    private final int batch;
    private final LongSupplier nanoClock;
    private long announcedAtNanos;
    private long lookedAtNanos;
    private long seenByAll;

    /** @param retained entries that are kept in any case */
    public OpLogRetention(OpLog opLog, MetadataWriter writer, ZnodePaths paths, int retained, LongSupplier nanoClock) {
        this.opLog = opLog;
        this.writer = writer;
        this.paths = paths;
        this.retained = retained;
        this.batch = Math.min(MAX_BATCH, Math.max(1, retained / 10));
        this.nanoClock = nanoClock;
        this.announcedAtNanos = nanoClock.getAsLong();
        this.lookedAtNanos = announcedAtNanos - LOOK.toNanos();
    }

    /** Does a little; called on a timer. */
    public void tick() throws InterruptedException {
        long now = nanoClock.getAsLong();
        if (!opLog.isAnnounced() && now - announcedAtNanos >= ANNOUNCE.toNanos()) {
            announcedAtNanos = now;
            announce(opLog.first(), List.of());
        }
        long first = opLog.first();
        long last = opLog.sequence();
        if (last - first + 1 < (long) retained + batch) {
            return;
        }
        if (now - lookedAtNanos >= LOOK.toNanos()) {
            lookedAtNanos = now;
            seenByAll = seenByAllStandbys();
        }
        long mayGo = Math.min(last - retained, Math.max(seenByAll, last - (long) PATIENCE * retained));
        long to = Math.min(mayGo, first + batch - 1);
        if (to >= first) {
            remove(first, to);
        }
    }

    private void remove(long from, long to) throws InterruptedException {
        List<Op> removals = new ArrayList<>();
        for (long sequence = from; sequence <= to; sequence++) {
            removals.add(Op.delete(paths.oplogEntry(sequence), -1));
        }
        if (!announce(to + 1, removals)) {
            log.warn("some of the entries {} to {} are gone already; removing the others", from, to);
            List<Op> left = new ArrayList<>();
            List<String> names = removals.stream().map(Op::getPath).toList();
            for (ZooKeeperSession.Found found :
                    writer.read("read old entries", () -> writer.session().readAll(names))) {
                left.add(Op.delete(found.path(), -1));
            }
            if (!announce(to + 1, left)) {
                return;
            }
        }
        opLog.removedBefore(to + 1);
        log.debug("entries {} to {} of the OpLog are removed", from, to);
    }

    private boolean announce(long first, List<Op> removals) throws InterruptedException {
        long latest = opLog.sequence();
        List<Op> operations = new ArrayList<>(removals);
        operations.add(opLog.announcement(latest, first));
        if (!writer.attempt("upkeep of the OpLog", operations, Set.of(Code.NONODE))) {
            return false;
        }
        opLog.announced(latest);
        return true;
    }

    /** The last entry that all live standbys have taken; the very last when there is no standby. */
    private long seenByAllStandbys() throws InterruptedException {
        List<ZooKeeperSession.Found> standbys = writer.read(
                "read the standbys",
                () -> writer.session()
                        .readAll(writer.session().children(paths.standbys()).stream()
                                .map(paths::standby)
                                .toList()));
        long seen = Long.MAX_VALUE;
        for (ZooKeeperSession.Found found : standbys) {
            try {
                StandbyMaster standby =
                        ZnodeJson.read(found.path(), found.value().value(), StandbyMaster.class);
                seen = Math.min(seen, standby.appliedSequence());
            } catch (ZnodeFormatException e) {
                seen = 0;
            }
        }
        return seen;
    }
}
