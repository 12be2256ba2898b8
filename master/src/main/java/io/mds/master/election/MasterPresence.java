package io.mds.master.election;

import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.ActiveMaster;
import io.mds.znode.StandbyMaster;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What ZooKeeper shows of this master: among the standbys, or as the active one.
 *
 * <p>Thread: the election thread.
 */
final class MasterPresence {
    private static final Logger log = LoggerFactory.getLogger(MasterPresence.class);

    private static final Duration RENEW = Duration.ofSeconds(1);

    private final ZooKeeperSession session;
    private final ZnodePaths paths;
    private final MasterInfo me;
    private final OwnEphemeral standby;
    private final OwnEphemeral active;
    private final Supplier<StandbyProgress> progress;
    private StandbyProgress shown;
    private long shownAtNanos;

    /** @param progress of this master as a standby */
    MasterPresence(
            ZooKeeperSession session,
            ZnodePaths paths,
            AccessControl access,
            MasterInfo me,
            Supplier<StandbyProgress> progress) {
        this.progress = progress;
        this.session = session;
        this.paths = paths;
        this.me = me;
        this.standby = new OwnEphemeral(
                session, paths.standby(me.id()), access.thisInstance(), this::isStandbyRecordOfThisMaster);
        this.active = new OwnEphemeral(session, paths.active(), access.publication(), this::isActiveRecordOfThisMaster);
    }

    void showStandby() throws KeeperException, InterruptedException {
        shown = progress.get();
        shownAtNanos = System.nanoTime();
        byte[] record = ZnodeJson.write(new StandbyMaster(
                me.id(), me.host(), me.port(), me.adminPort(), shown.applied(), shown.lag() < 0 ? null : shown.lag()));
        if (!standby.put(record, List.of(), Duration.ZERO, false)) {
            log.warn(
                    "{} belongs to another process: two masters have the id {}; set master.id",
                    paths.standby(me.id()),
                    me.id());
        }
    }

    /** Shows how far it follows, if that has changed; not too often. */
    void renewStandby() throws InterruptedException {
        if (progress.get().equals(shown)
                || System.nanoTime() - shownAtNanos < RENEW.toNanos()
                || !session.isConnected()) {
            return;
        }
        try {
            showStandby();
        } catch (KeeperException e) {
            log.debug("{} not renewed ({}); it will be", paths.standby(me.id()), e.code());
        }
    }

    /** Shows where the active master answers, under the epoch's check; a standby no longer. */
    void showActive(Leadership mine) throws KeeperException, InterruptedException {
        byte[] record = ZnodeJson.write(new ActiveMaster(
                me.id(), me.host(), me.port(), me.adminPort(), mine.epoch().value()));
        List<Op> guard = List.of(Op.check(paths.epoch(), mine.epochZnodeVersion()));
        active.put(record, guard, mine.validFor().multipliedBy(2), true);
        standby.remove();
    }

    /** No longer shows it as active, if ZooKeeper can be told; otherwise the znode goes with the session. */
    void hideActive() {
        if (!session.isConnected()) {
            return;
        }
        try {
            active.remove();
        } catch (KeeperException e) {
            log.info("{} was not removed ({}); it goes with the session", paths.active(), e.code());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isStandbyRecordOfThisMaster(byte[] content) {
        try {
            StandbyMaster found = ZnodeJson.read(paths.standby(me.id()), content, StandbyMaster.class);
            return found.host().equals(me.host()) && found.port() == me.port();
        } catch (ZnodeFormatException e) {
            return false;
        }
    }

    private boolean isActiveRecordOfThisMaster(byte[] content) {
        try {
            ActiveMaster found = ZnodeJson.read(paths.active(), content, ActiveMaster.class);
            return found.id().equals(me.id()) && found.host().equals(me.host()) && found.port() == me.port();
        } catch (ZnodeFormatException e) {
            return false;
        }
    }
}
