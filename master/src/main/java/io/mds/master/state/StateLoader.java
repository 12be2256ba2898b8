package io.mds.master.state;

import io.mds.master.metadata.MetadataWriter;
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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the whole metadata at a takeover, after the epoch was raised: nothing that a predecessor still tries to write
 * can land any more, so what is read is the truth.
 */
public final class StateLoader {
    private static final Logger log = LoggerFactory.getLogger(StateLoader.class);

    private final MetadataWriter writer;
    private final ZnodePaths paths;

    public StateLoader(MetadataWriter writer, ZnodePaths paths) {
        this.writer = writer;
        this.paths = paths;
    }

    public ClusterState load() throws InterruptedException {
        ZooKeeperSession session = writer.session();
        return writer.read("load the metadata", () -> {
            session.sync(paths.root());
            Versioned<byte[]> ids = session.read(paths.ids());
            if (ids == null) {
                throw new ZnodeFormatException(paths.ids() + ": missing (expected: the counters of ids)", null);
            }
            ClusterState state = new ClusterState(parsed(paths.ids(), ids, IdCounters.class));
            loadIdentities(session, state);
            loadRegions(session, state);
            loadTables(session, state);
            return state;
        });
    }

    private void loadIdentities(ZooKeeperSession session, ClusterState state)
            throws KeeperException, InterruptedException {
        for (ZooKeeperSession.Found found : childrenOf(session, paths.identities())) {
            IdentityRecord record = ZnodeJson.read(found.path(), found.value().value(), IdentityRecord.class);
            state.addIdentity(UUID.fromString(ZnodePaths.nameOf(found.path())), record);
        }
    }

    private void loadRegions(ZooKeeperSession session, ClusterState state)
            throws KeeperException, InterruptedException {
        for (ZooKeeperSession.Found found : childrenOf(session, paths.regions())) {
            RegionRecord record = ZnodeJson.read(found.path(), found.value().value(), RegionRecord.class);
            state.putRegion(record, found.value().zxid());
        }
    }

    private void loadTables(ZooKeeperSession session, ClusterState state) throws KeeperException, InterruptedException {
        Map<Long, Versioned<ShardRecord>> shards = new HashMap<>();
        for (ZooKeeperSession.Found found : childrenOf(session, paths.shards())) {
            Versioned<ShardRecord> shard = parsed(found.path(), found.value(), ShardRecord.class);
            shards.put(shard.value().id(), shard);
        }
        for (ZooKeeperSession.Found found : childrenOf(session, paths.tables())) {
            Versioned<TableRecord> table = parsed(found.path(), found.value(), TableRecord.class);
            List<Versioned<ShardRecord>> own = new ArrayList<>();
            for (long id : table.value().shards()) {
                Versioned<ShardRecord> shard = shards.remove(id);
                if (shard == null) {
                    throw new ZnodeFormatException(
                            found.path() + ": names shard " + id + ", which has no znode below " + paths.shards(),
                            null);
                }
                own.add(shard);
            }
            state.addTable(table, own);
        }
        // Written and deleted in one multi with their table, so only a hand made these.
        if (!shards.isEmpty()) {
            log.warn("shards without a table below {}: {}; left alone", paths.shards(), shards.keySet());
        }
    }

    private static List<ZooKeeperSession.Found> childrenOf(ZooKeeperSession session, String parent)
            throws KeeperException, InterruptedException {
        List<String> children = session.children(parent).stream()
                .map(name -> parent + "/" + name)
                .toList();
        return session.readAll(children);
    }

    private static <T extends Record> Versioned<T> parsed(String path, Versioned<byte[]> found, Class<T> type) {
        return new Versioned<>(ZnodeJson.read(path, found.value(), type), found.version(), found.zxid());
    }
}
