package io.mds.master.metadata;

import io.mds.znode.ClusterRecord;
import io.mds.znode.EpochRecord;
import io.mds.znode.IdCounters;
import io.mds.znode.OpLogLatest;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.UUID;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.data.ACL;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the fixed znodes that everything else hangs below, with the ACL "master all, world read".
 *
 * <p>Each is created by itself, parents first, and one that is already there is taken as it is: any number of masters
 * may do this at the same time on an empty ZooKeeper, and one that dies half way is completed by the next.
 */
public final class MetadataLayout {
    private static final Logger log = LoggerFactory.getLogger(MetadataLayout.class);
    private static final byte[] EMPTY = "{}".getBytes(StandardCharsets.UTF_8);

    private final ZooKeeperSession session;
    private final ZnodePaths paths;
    private final AccessControl access;

    public MetadataLayout(ZooKeeperSession session, ZnodePaths paths, AccessControl access) {
        this.session = session;
        this.paths = paths;
        this.access = access;
    }

    /**
     * Creates what is missing and returns the cluster's record.
     *
     * @throws LayoutException when the tree belongs to a newer version of MDS or to masters with another secret
     */
    public ClusterRecord ensure() throws KeeperException, InterruptedException {
        try {
            for (String parent : parentsOf(paths.root())) {
                create(parent, EMPTY);
            }
            create(paths.root(), EMPTY);
            ClusterRecord fresh = new ClusterRecord(UUID.randomUUID().toString(), ClusterRecord.CURRENT_FORMAT, now());
            create(paths.cluster(), ZnodeJson.write(fresh));
            create(paths.ids(), ZnodeJson.write(IdCounters.FIRST));
            create(paths.master(), EMPTY);
            create(paths.latch(), EMPTY);
            create(paths.epoch(), ZnodeJson.write(new EpochRecord(0, "", now())));
            create(paths.standbys(), EMPTY);
            create(paths.identities(), EMPTY);
            create(paths.regions(), EMPTY);
            create(paths.tables(), EMPTY);
            create(paths.shards(), EMPTY);
            create(paths.procedures(), EMPTY);
            create(paths.oplog(), EMPTY);
            create(paths.oplogEntries(), EMPTY);
            if (session.exists(paths.oplogLatest()) == null) {
                create(paths.oplogLatest(), ZnodeJson.write(kept()));
            }
            create(paths.config(), EMPTY);
            return readCluster();
        } catch (KeeperException e) {
            if (e.code() == Code.NOAUTH) {
                throw new LayoutException("ZooKeeper refuses access to " + e.getPath()
                        + ": zookeeper.acl and zookeeper.secret must be those of the masters that created "
                        + paths.root());
            }
            throw e;
        }
    }

    /** Somebody may have removed what said where the OpLog begins and ends, and its numbers must not be used again. */
    private OpLogLatest kept() throws KeeperException, InterruptedException {
        LongSummaryStatistics numbers = session.children(paths.oplogEntries()).stream()
                .filter(name -> name.matches("[0-9]{20}"))
                .mapToLong(Long::parseLong)
                .summaryStatistics();
        return numbers.getCount() == 0 ? OpLogLatest.EMPTY : new OpLogLatest(numbers.getMax(), numbers.getMin());
    }

    private ClusterRecord readCluster() throws KeeperException, InterruptedException {
        Versioned<byte[]> found = session.read(paths.cluster());
        if (found == null) {
            throw KeeperException.create(Code.NONODE, paths.cluster());
        }
        ClusterRecord cluster = ZnodeJson.read(paths.cluster(), found.value(), ClusterRecord.class);
        if (cluster.formatVersion() > ClusterRecord.CURRENT_FORMAT) {
            throw new LayoutException(paths.cluster() + ": format version " + cluster.formatVersion()
                    + ", and this master knows only up to " + ClusterRecord.CURRENT_FORMAT + ": upgrade this master");
        }
        return cluster;
    }

    private void create(String path, byte[] data) throws KeeperException, InterruptedException {
        List<ACL> wanted = access.masters();
        if (session.exists(path) != null) {
            repairAcl(path, wanted);
            return;
        }
        try {
            session.multi(List.of(Op.create(path, data, wanted, CreateMode.PERSISTENT)));
            log.info("created {}", path);
        } catch (KeeperException e) {
            if (e.code() != Code.NODEEXISTS) {
                throw e;
            }
        }
    }

    /** A tree that was made with other settings (open, or world read) gets the present ones on its fixed znodes. */
    private void repairAcl(String path, List<ACL> wanted) throws KeeperException, InterruptedException {
        if (!path.startsWith(paths.root())) {
            return;
        }
        if (!new HashSet<>(session.acl(path)).equals(new HashSet<>(wanted))) {
            session.setAcl(path, wanted);
            log.warn("{} had another ACL than the settings say ({}); it has this one now", path, access);
        }
    }

    private static List<String> parentsOf(String root) {
        List<String> parents = new ArrayList<>();
        for (int slash = root.indexOf('/', 1); slash > 0; slash = root.indexOf('/', slash + 1)) {
            parents.add(root.substring(0, slash));
        }
        return parents;
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
