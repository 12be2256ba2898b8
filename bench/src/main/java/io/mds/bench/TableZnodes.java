package io.mds.bench;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.znode.IdCounters;
import io.mds.znode.IdentityRecord;
import io.mds.znode.RegionRecord;
import io.mds.znode.RegionSession;
import io.mds.znode.ShardRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.zookeeper.Op;

/**
 * Writes into ZooKeeper what masters and regions would have written: tables and regions while no master runs, which is the
 * only time at which anybody else may, and the session znodes of simulated regions, which live as long as the session does.
 *
 * <p>Creating many tables one by one would take longer than all that is measured, and their data would take more regions
 * than there are.
 */
final class TableZnodes {
    private static final String VERSION = "bench";
    /** ZooKeeper keeps the last 500 multis in memory, beside the znodes: so these are small, and several under way. */
    private static final int ZNODES_AT_ONCE = 50;

    private static final int MULTIS_AT_ONCE = 32;

    private final PlainZooKeeper zooKeeper;
    private final ZnodePaths paths;

    TableZnodes(PlainZooKeeper zooKeeper, ZnodePaths paths) {
        this.zooKeeper = zooKeeper;
        this.paths = paths;
    }

    /** The numbers that the next region, table and shard get. */
    IdCounters nextIds() {
        return zooKeeper.read(paths.ids(), IdCounters.class);
    }

    private Op nextIds(IdCounters next) {
        return Op.setData(paths.ids(), ZnodeJson.write(next), -1);
    }

    /** A table and its shards at once. */
    void write(TablePlan plan) {
        IdCounters ids = nextIds();
        IdCounters next = new IdCounters(
                ids.nextRegion(),
                ids.nextTable() + plan.tables(),
                ids.nextShard() + plan.shards().size());
        // First, so that no number is given twice, whatever becomes of the rest.
        write("numbers are taken", List.of(nextIds(next)));
        List<Integer> beginnings = new ArrayList<>();
        int tablesAtOnce = Math.max(1, ZNODES_AT_ONCE / (1 + plan.shardsOf(0).size()));
        for (int first = 0; first < plan.tables(); first += tablesAtOnce) {
            beginnings.add(first);
        }
        Waves.run("tables are written", beginnings, MULTIS_AT_ONCE, first -> {
            List<Op> operations = new ArrayList<>();
            for (int table = first; table < Math.min(first + tablesAtOnce, plan.tables()); table++) {
                operations.add(zooKeeper.creation(paths.table(plan.nameOf(table)), plan.table(table)));
                for (ShardRecord shard : plan.shardsOf(table)) {
                    operations.add(zooKeeper.creation(paths.shard(new ShardId(shard.id())), shard));
                }
            }
            return zooKeeper.writeAll(operations);
        });
    }

    /** A region that is away and has no process: it has its identity and its znode, in state SUSPECT. */
    RegionId writeAbsentRegion(UUID identity, RegionRecord like) {
        IdCounters ids = nextIds();
        RegionId id = new RegionId(ids.nextRegion());
        RegionRecord absent = new RegionRecord(
                id.value(),
                identity.toString(),
                like.host(),
                Ports.free(),
                Ports.free(),
                like.version(),
                "SUSPECT",
                like.since());
        write(
                "a region is written",
                List.of(
                        nextIds(new IdCounters(id.next().value(), ids.nextTable(), ids.nextShard())),
                        zooKeeper.creation(
                                paths.identity(identity),
                                new IdentityRecord(id.value(), "0".repeat(64), absent.since())),
                        zooKeeper.creation(paths.region(id), absent)));
        return id;
    }

    /** Of all simulated regions, as if each had a ZooKeeper session of its own. */
    void writeSessions(List<HeartbeatRegion> regions, String startedAt) {
        Waves.run("sessions are written", regions, MULTIS_AT_ONCE, region -> {
            RegionSession session = new RegionSession(startedAt, VERSION, HeartbeatRegion.HOST, region.port());
            return zooKeeper.writeAll(
                    List.of(zooKeeper.ephemeral(paths.regionSession(new RegionId(region.id())), session)));
        });
    }

    private void write(String what, List<Op> operations) {
        Waves.run(what, List.of(operations), 1, zooKeeper::writeAll);
    }
}
