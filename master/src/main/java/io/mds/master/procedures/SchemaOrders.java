package io.mds.master.procedures;

import io.mds.id.RegionId;
import io.mds.master.membership.Member;
import io.mds.master.state.Shard;
import io.mds.proto.ApplySchemaRequest;
import io.mds.proto.Request;
import io.mds.proto.TableSchema;
import io.mds.rpc.Deadline;
import io.mds.rpc.RpcConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the leaders of shards to put a schema into their logs: each region again and again, after a pause, until nobody asks
 * for it any more. What they have done is seen in their reports.
 *
 * <p>Thread: the metadata thread's.
 */
final class SchemaOrders {
    private static final Logger log = LoggerFactory.getLogger(SchemaOrders.class);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int MAX_SHARDS = 512;

    private final ProcedureContext context;
    private final Map<RegionId, Sent> sent = new HashMap<>();

    private record Sent(RpcConnection connection, List<Long> shards, long atNanos) {}

    SchemaOrders(ProcedureContext context) {
        this.context = context;
    }

    /** Tells those leaders that were not told of these shards lately. */
    void send(TableSchema schema, List<Shard> lacking) {
        Map<RegionId, List<Long>> byLeader = new LinkedHashMap<>();
        for (Shard shard : lacking) {
            if (shard.record().leader() > 0) {
                List<Long> shards =
                        byLeader.computeIfAbsent(new RegionId(shard.record().leader()), region -> new ArrayList<>());
                if (shards.size() < MAX_SHARDS) {
                    shards.add(shard.id());
                }
            }
        }
        byLeader.forEach((region, shards) -> {
            Member member = context.membership().member(region.value());
            if (member != null && member.isConnected() && !wasToldLately(region, member, shards)) {
                tell(member, schema, shards);
            }
        });
    }

    private boolean wasToldLately(RegionId region, Member member, List<Long> shards) {
        Sent last = sent.get(region);
        return last != null
                && last.connection() == member.connection()
                && last.shards().containsAll(shards)
                && context.nanoClock().getAsLong() - last.atNanos() < PAUSE.toNanos();
    }

    private void tell(Member member, TableSchema schema, List<Long> shards) {
        RpcConnection connection = member.connection();
        sent.put(member.id(), new Sent(connection, shards, context.nanoClock().getAsLong()));
        String what = "apply schema version " + schema.getVersion() + " of table " + schema.getName() + " on region "
                + member.id();
        Request.Builder request = Request.newBuilder()
                .setApplySchema(ApplySchemaRequest.newBuilder()
                        .setEpoch(context.writer().leadership().epoch().value())
                        .setSchema(schema)
                        .addAllShardIds(shards));
        var unused = connection
                .call(request, Deadline.after(LIMIT))
                .whenComplete((reply, failure) -> context.tasks().execute(what, () -> {
                    if (failure != null) {
                        log.warn("{}: {}; trying again", what, failure.getMessage());
                    } else if (member.connection() == connection) {
                        member.answered(reply.getApplySchema().getShardsList());
                    }
                }));
    }
}
