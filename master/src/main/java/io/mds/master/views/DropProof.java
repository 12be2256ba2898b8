package io.mds.master.views;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.Versioned;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.TableState;
import io.mds.proto.ShardReport;
import io.mds.znode.IdCounters;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which of a region's shards may be removed there, from what ZooKeeper says now.
 *
 * <p>A shard's data may go when it is certain that nobody needs it, for ever: its id was given out and it has no znode
 * (ids are never given twice, and a table's shards come and go with it in one multi); or its table is being dropped; or
 * it is in the same or a later view without this region, which only a learner can have been in the same one. The epoch is proven after the reading.
 */
final class DropProof {
    private static final Logger log = LoggerFactory.getLogger(DropProof.class);

    private final MetadataWriter writer;
    private final ZnodePaths paths;
    private final ClusterState state;

    DropProof(MetadataWriter writer, ZnodePaths paths, ClusterState state) {
        this.writer = writer;
        this.paths = paths;
        this.state = state;
    }

    /** Those of the reported shards that the region may remove. */
    List<Long> removable(RegionId region, Collection<ShardReport> reports) throws InterruptedException {
        ZooKeeperSession session = writer.session();
        String what = "proof for removal on region " + region;
        Map<Long, ShardRecord> records = new HashMap<>();
        long nextShard = writer.read(what, () -> {
            session.sync(paths.root());
            Versioned<byte[]> ids = session.read(paths.ids());
            List<String> wanted = reports.stream()
                    .map(r -> paths.shard(new ShardId(r.getShardId())))
                    .toList();
            for (ZooKeeperSession.Found found : session.readAll(wanted)) {
                ShardRecord record = ZnodeJson.read(found.path(), found.value().value(), ShardRecord.class);
                records.put(record.id(), record);
            }
            return ids == null
                    ? 0L
                    : ZnodeJson.read(paths.ids(), ids.value(), IdCounters.class).nextShard();
        });
        List<Long> removable = new ArrayList<>();
        for (ShardReport report : reports) {
            if (mayRemove(region, report, records.get(report.getShardId()), nextShard)) {
                removable.add(report.getShardId());
            }
        }
        writer.probe();
        return removable;
    }

    private boolean mayRemove(RegionId region, ShardReport report, ShardRecord record, long nextShard)
            throws InterruptedException {
        if (record == null) {
            if (report.getShardId() >= nextShard) {
                log.error(
                        "region {} holds shard {}, but only shards below {} were ever made: its data is from another"
                                + " cluster, or ZooKeeper was set back; nothing is removed",
                        region,
                        report.getShardId(),
                        nextShard);
                return false;
            }
            return true;
        }
        if (!Shard.holds(record, region) && record.view() >= report.getView()) {
            return true;
        }
        return isTableDropping(record);
    }

    private boolean isTableDropping(ShardRecord record) throws InterruptedException {
        Shard shard = state.shard(record.id());
        if (shard == null || shard.table().state() != TableState.DROPPING) {
            return false;
        }
        String path = paths.table(shard.table().name());
        Versioned<byte[]> found =
                writer.read("read " + path, () -> writer.session().read(path));
        if (found == null) {
            return false;
        }
        TableRecord table = ZnodeJson.read(path, found.value(), TableRecord.class);
        return table.id() == record.table() && table.state().equals(TableState.DROPPING.name());
    }
}
