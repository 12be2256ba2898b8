package io.mds.master.procedures;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.master.membership.Member;
import io.mds.master.metadata.Versioned;
import io.mds.master.placement.Placement;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.master.state.TableRecords;
import io.mds.master.views.ShardViews;
import io.mds.znode.IdCounters;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a table that is being created other shards, on regions that are there, in the place of some that nobody can have
 * written to.
 *
 * <p>Thread: the metadata thread's.
 */
final class ShardReplacement {
    private static final Logger log = LoggerFactory.getLogger(ShardReplacement.class);

    private ShardReplacement() {}

    static void replace(ProcedureContext context, Table table, List<Shard> stranded, List<Member> usable)
            throws InterruptedException {
        List<List<RegionId>> places = Placement.place(
                stranded.size(),
                table.schema().getReplicas(),
                context.eligibility().candidates(usable, table));
        IdCounters counters = context.state().nextIds();
        IdCounters next = new IdCounters(
                counters.nextRegion(), counters.nextTable(), Math.addExact(counters.nextShard(), stranded.size()));
        context.state().give(next);
        Map<Shard, ShardRecord> made = new LinkedHashMap<>();
        for (int i = 0; i < stranded.size(); i++) {
            made.put(stranded.get(i), ShardViews.first(counters.nextShard() + i, table.id(), places.get(i)));
        }
        TableRecord record = TableRecords.withShards(
                table.versioned().value(),
                table.shards().stream()
                        .map(shard -> made.containsKey(shard) ? made.get(shard).id() : shard.id())
                        .toList());
        List<Op> operations = new ArrayList<>();
        operations.add(Op.setData(context.paths().ids(), ZnodeJson.write(next), -1));
        operations.add(Op.setData(
                context.paths().table(table.name()),
                ZnodeJson.write(record),
                table.versioned().version()));
        made.forEach((shard, replacement) -> {
            operations.add(Op.delete(
                    context.paths().shard(new ShardId(shard.id())),
                    shard.versioned().version()));
            operations.add(Op.create(
                    context.paths().shard(new ShardId(replacement.id())),
                    ZnodeJson.write(replacement),
                    context.access().masters(),
                    CreateMode.PERSISTENT));
        });
        long zxid = context.writer().write("replace shards of table " + table.name(), operations);
        context.state().ids(next, zxid);
        Map<Shard, Versioned<ShardRecord>> exchanged = new LinkedHashMap<>();
        made.forEach((shard, replacement) -> exchanged.put(shard, new Versioned<>(replacement, 0, zxid)));
        context.state().exchangeShards(table, record, exchanged, zxid);
        log.info("table {}: {} shards of lost regions were replaced", table.name(), made.size());
        for (Member member : usable) {
            context.reconciler().reconcile(member);
        }
    }
}
