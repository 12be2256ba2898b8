package io.mds.master.state;

import io.mds.master.metadata.Versioned;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.IdCounters;
import io.mds.znode.IdentityRecord;
import io.mds.znode.RegionRecord;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the whole state from its znodes, while the active master goes on changing them.
 *
 * <p>What is read at different moments fits together only after the entries of the OpLog that were written meanwhile
 * have been taken, too: {@link #read} what is there, {@link #apply} every entry from before the reading to after it,
 * {@link #build} the state. A znode that was read after an entry has it already, which the transactions tell.
 *
 * <p>Thread: one.
 */
public final class StateLoader {
    /** Znodes asked for at once. */
    public static final int PAGE = 1000;

    private static final Logger log = LoggerFactory.getLogger(StateLoader.class);
    private static final List<String> PARENTS =
            List.of(Change.IDENTITIES, Change.REGIONS, Change.TABLES, Change.SHARDS, Change.PROCEDURES, Change.CONFIG);

    private final ZooKeeperSession session;
    private final ZnodePaths paths;
    private final Map<String, Versioned<byte[]>> znodes = new TreeMap<>();
    private long regionsZxid;

    public StateLoader(ZooKeeperSession session, ZnodePaths paths) {
        this.session = session;
        this.paths = paths;
    }

    /** Reads every znode of the state, page by page. */
    public void read() throws KeeperException, InterruptedException {
        readPage(List.of(paths.ids()));
        for (String parent : PARENTS) {
            String path = paths.root() + "/" + parent;
            List<String> children = session.children(path);
            for (int from = 0; from < children.size(); from += PAGE) {
                readPage(children.subList(from, Math.min(from + PAGE, children.size())).stream()
                        .map(name -> path + "/" + name)
                        .toList());
            }
        }
        regionsZxid = session.statOf(paths.regions()).getPzxid();
    }

    private void readPage(List<String> page) throws KeeperException, InterruptedException {
        for (ZooKeeperSession.Found found : session.readAll(page)) {
            znodes.put(paths.relative(found.path()), found.value());
        }
    }

    /** Takes one entry, but for those of its changes that the znodes were read with. */
    public void apply(List<Change> changes, long zxid) {
        Set<String> behind = new HashSet<>();
        for (Change change : changes) {
            Versioned<byte[]> known = znodes.get(change.path());
            if (known == null || known.zxid() < zxid) {
                behind.add(change.path());
            }
        }
        for (Change change : changes) {
            if (!behind.contains(change.path())) {
                continue;
            }
            Versioned<byte[]> before = znodes.get(change.path());
            if (change.kind().equals(Change.REGIONS) && (before == null || change.isDelete())) {
                regionsZxid = Math.max(regionsZxid, zxid);
            }
            if (change.isDelete()) {
                znodes.remove(change.path());
            } else {
                znodes.put(
                        change.path(), new Versioned<>(change.data(), before == null ? 0 : before.version() + 1, zxid));
            }
        }
    }

    /**
     * Makes the state of what was read.
     *
     * @throws ZnodeFormatException when a znode does not hold what it should
     */
    public FollowedState build() {
        Versioned<byte[]> ids = znodes.get(Change.IDS);
        if (ids == null) {
            throw new ZnodeFormatException(paths.ids() + ": missing (expected: the counters of ids)", null);
        }
        ClusterState state = new ClusterState(parsed(Change.IDS, ids, IdCounters.class));
        StateImage image = new StateImage();
        Map<Long, Versioned<ShardRecord>> shards = new HashMap<>();
        Map<String, Versioned<TableRecord>> tables = new TreeMap<>();
        znodes.forEach((path, znode) -> {
            image.put(path, znode.value(), znode.version(), znode.zxid());
            String name = ZnodePaths.nameOf(path);
            switch (Change.set(path, znode.value()).kind()) {
                case Change.IDENTITIES ->
                    state.addIdentity(
                            UUID.fromString(name),
                            parsed(path, znode, IdentityRecord.class).value());
                case Change.REGIONS ->
                    state.putRegion(parsed(path, znode, RegionRecord.class).value(), znode.zxid());
                case Change.SHARDS -> {
                    Versioned<ShardRecord> shard = parsed(path, znode, ShardRecord.class);
                    shards.put(shard.value().id(), shard);
                }
                case Change.TABLES -> tables.put(path, parsed(path, znode, TableRecord.class));
                // Read where they are needed.
                default -> {}
            }
        });
        state.regionsZxid(regionsZxid);
        tables.forEach((path, table) -> state.addTable(table, shardsOf(path, table.value(), shards)));
        // Written and deleted in one multi with their table, so only a hand made these.
        if (!shards.isEmpty()) {
            log.warn("shards without a table below {}: {}; left alone", paths.shards(), shards.keySet());
        }
        return new FollowedState(state, image);
    }

    private List<Versioned<ShardRecord>> shardsOf(
            String path, TableRecord table, Map<Long, Versioned<ShardRecord>> shards) {
        List<Versioned<ShardRecord>> own = new ArrayList<>();
        for (long id : table.shards()) {
            Versioned<ShardRecord> shard = shards.remove(id);
            if (shard == null) {
                throw new ZnodeFormatException(
                        paths.root() + "/" + path + ": names shard " + id + ", which has no znode below "
                                + paths.shards(),
                        null);
            }
            own.add(shard);
        }
        return own;
    }

    private <T extends Record> Versioned<T> parsed(String path, Versioned<byte[]> found, Class<T> type) {
        return new Versioned<>(
                ZnodeJson.read(paths.root() + "/" + path, found.value(), type), found.version(), found.zxid());
    }
}
