package io.mds.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.cli.text.Cells;
import io.mds.cli.text.TextTable;
import io.mds.cli.text.TextTable.Heading;
import io.mds.client.ClusterStatus;
import io.mds.client.ClusterStatus.ShardState;
import io.mds.client.ShardInfo;
import io.mds.id.RegionId;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "shards", description = "List the shards of all tables, or of one.")
final class ShardsCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(arity = "0..1", paramLabel = "TABLE", description = "Only the shards of this table.")
    private String table;

    ShardsCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        ClusterStatus status = root.client().statusWithShards();
        List<ShardState> shards = status.shardStates().stream()
                .filter(shard -> table == null || shard.table().equals(table))
                .toList();
        if (table != null && shards.isEmpty()) {
            throw RootCommand.noTable(table);
        }
        if (root.json()) {
            return root.printJson(json -> write(json, shards));
        }
        try (TextTable lines = new TextTable(
                root.out(),
                root.style(),
                Heading.right("SHARD"),
                Heading.left("TABLE"),
                Heading.right("VIEW"),
                Heading.left("LEADER"),
                Heading.left("REPLICAS"),
                Heading.left("LEARNERS"),
                Heading.right("ROWS"),
                Heading.right("APPLIED"),
                Heading.left("STATE"))) {
            for (ShardState state : shards) {
                ShardInfo shard = state.shard();
                lines.row(
                        Long.toString(shard.id().value()),
                        Cells.printable(state.table()),
                        Long.toString(shard.view().value()),
                        leader(shard),
                        replicas(state),
                        state.learners().stream()
                                .map(id -> withIndex(id, state))
                                .collect(Collectors.joining(", ")),
                        Cells.count(state.rows()),
                        Cells.count(state.appliedIndex()),
                        state.serving()
                                ? root.style().good("serving")
                                : root.style().bad("unavailable"));
            }
        }
        return ExitCode.OK;
    }

    static String leader(ShardInfo shard) {
        return shard.leader()
                .map(id -> "region " + id.value()
                        + shard.leaderAddress()
                                .map(address -> " at " + Cells.printable(address))
                                .orElse(""))
                .orElse("none");
    }

    static String replicas(ShardInfo shard) {
        return shard.replicas().stream().map(id -> Long.toString(id.value())).collect(Collectors.joining(","));
    }

    /** Each replica with how far it has applied its log, as far as it has told. */
    private static String replicas(ShardState state) {
        return state.shard().replicas().stream().map(id -> withIndex(id, state)).collect(Collectors.joining(", "));
    }

    private static String withIndex(RegionId id, ShardState state) {
        return id.value()
                + state.replicas().stream()
                        .filter(replica -> replica.region().equals(id))
                        .findFirst()
                        .map(replica ->
                                " @" + Cells.count(replica.appliedIndex()) + (replica.failed() ? " failed" : ""))
                        .orElse("");
    }

    private static void write(JsonGenerator json, List<ShardState> shards) throws IOException {
        json.writeStartArray();
        for (ShardState state : shards) {
            json.writeStartObject();
            json.writeStringField("table", state.table());
            ClusterFormat.writeShard(json, state.shard());
            json.writeBooleanField("serving", state.serving());
            json.writeNumberField("applied_index", state.appliedIndex());
            json.writeNumberField("rows", state.rows());
            json.writeArrayFieldStart("learners");
            for (RegionId learner : state.learners()) {
                json.writeNumber(learner.value());
            }
            json.writeEndArray();
            json.writeArrayFieldStart("replica_states");
            for (ClusterStatus.ReplicaState replica : state.replicas()) {
                json.writeStartObject();
                json.writeNumberField("region", replica.region().value());
                json.writeStringField("role", replica.role());
                json.writeNumberField("view", replica.view().value());
                json.writeNumberField("applied_index", replica.appliedIndex());
                json.writeNumberField("last_index", replica.lastIndex());
                json.writeBooleanField("failed", replica.failed());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
