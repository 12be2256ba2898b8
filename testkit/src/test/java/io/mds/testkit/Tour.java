package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.MdsClient;
import io.mds.client.Table;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.List;

/** A table that {@link SteadyWriter}s fill, each on a shard of its own as far as hashes let it, three replicas of each. */
final class Tour {
    static final int SHARDS = 6;

    private Tour() {}

    static TableSchema schema(String name) {
        return TableSchema.named(name)
                .column("worker", STRING)
                .column("n", INT64)
                .primaryKey("worker", "n")
                .partitionBy("worker")
                .shards(SHARDS)
                .replicas(3)
                .build();
    }

    /** Creates it, and waits until every shard has all its replicas: only then it survives the death of any region. */
    static Table create(MdsClient client, String name) {
        client.createTable(schema(name));
        Await.until("every shard of " + name + " has its replicas", () -> allTakePart(client));
        return client.table(name);
    }

    /** One writer for each shard. */
    static List<SteadyWriter> writers(Table table) {
        List<SteadyWriter> writers = new ArrayList<>();
        for (int i = 0; i < SHARDS; i++) {
            writers.add(SteadyWriter.start(table, "w" + i));
        }
        return writers;
    }

    /** Stops the writers and looks for everything that was acknowledged to them. */
    static void assertNothingIsLost(List<SteadyWriter> writers, Table table) {
        writers.forEach(SteadyWriter::stop);
        for (SteadyWriter writer : writers) {
            assertThat(writer.missingFrom(table)).as(writer.name()).isEmpty();
        }
    }

    /** Whether each shard is served in a view that all its replicas know, none of them still to come or to go. */
    static boolean allTakePart(MdsClient client) {
        return client.statusWithShards().shardStates().stream()
                .allMatch(each -> each.serving()
                        && each.learners().isEmpty()
                        && each.shard().replicas().size() == 3
                        && each.replicas().size() == 3
                        && each.replicas().stream()
                                .allMatch(replica ->
                                        replica.view().equals(each.shard().view())));
    }
}
