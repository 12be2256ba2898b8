package io.mds.testkit;

import static io.mds.client.Filters.eq;
import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.cli.MdsCommand;
import io.mds.client.ClusterStatus;
import io.mds.client.Key;
import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.ShardVerification;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A table's columns and indexes change while it is in use and a region dies. */
class SchemaIT {
    private static final int SHARDS = 4;

    private static TableSchema tour() {
        return TableSchema.named("tour")
                .column("worker", STRING)
                .column("n", INT64)
                .nullableColumn("note", STRING)
                .primaryKey("worker", "n")
                .partitionBy("worker")
                .shards(SHARDS)
                .replicas(3)
                .build();
    }

    private static Member leaderOfMost(MdsCluster cluster, MdsClient client) {
        return cluster.regions().stream()
                .max(Comparator.comparingLong(region -> client.statusWithShards().shardStates().stream()
                        .flatMap(each -> each.shard().leaderAddress().stream())
                        .filter(address -> address.endsWith(":" + region.port()))
                        .count()))
                .orElseThrow();
    }

    private static List<Long> numbers(Table table, Scan scan) {
        List<Long> found = new ArrayList<>();
        try (RowStream rows = table.scan(scan)) {
            rows.forEach(row -> found.add(row.getLong("n")));
        }
        return found;
    }

    @Test
    void columnsAndIndexesChangeWhileWritersRunAndALeaderDies() {
        try (MdsCluster cluster = MdsCluster.builder().masters(1).regions(3).start()) {
            MdsClient client = cluster.client();
            client.createTable(tour());
            Table table = client.table("tour");
            List<SteadyWriter> writers = IntStream.range(0, SHARDS)
                    .mapToObj(i -> SteadyWriter.start(table, "w" + i))
                    .toList();
            writers.forEach(writer -> writer.awaitMore(30));

            assertThat(client.alterTable(
                                    "tour",
                                    TableChange.addNullableColumn("size", INT64),
                                    TableChange.addColumn("kind", STRING, "file"))
                            .version())
                    .isEqualTo(2);
            for (long n = 0; n < 40; n++) {
                table.upsert(Row.of("worker", "x", "n", n, "size", n % 4));
            }
            writers.forEach(writer -> writer.awaitMore(20));
            Member victim = leaderOfMost(cluster, client);
            victim.kill();
            TableSchema indexed = client.createIndex("tour", "by_size", "size");
            assertThat(indexed.version()).isEqualTo(3);
            assertThat(client.alterTable(
                                    "tour", TableChange.dropColumn("note"), TableChange.renameColumn("kind", "type"))
                            .version())
                    .isEqualTo(4);
            writers.forEach(writer -> writer.awaitMore(20));

            assertThat(numbers(table, Scan.all().where(eq("size", 3L))))
                    .hasSize(10)
                    .allMatch(n -> n % 4 == 3);
            assertThat(table.count(Scan.all().where(eq("size", 1L)))).isEqualTo(10);
            table.update(Key.of("x", 3L), Update.set("size", 1L));
            assertThat(table.count(Scan.all().where(eq("size", 1L)))).isEqualTo(11);
            Row row = table.get("x", 5L).orElseThrow();
            assertThat(row.columns()).containsExactly("worker", "n", "size", "type");
            assertThat(row.getString("type")).isEqualTo("file");

            victim.start();
            cluster.awaitReady();
            assertThat(client.status().regions())
                    .as("it came back with its data")
                    .allMatch(region -> region.id().value() <= 3);
            writers.forEach(writer -> writer.awaitMore(20));
            writers.forEach(SteadyWriter::stop);
            writers.forEach(writer ->
                    assertThat(writer.missingFrom(table)).as(writer.name()).isEmpty());
            assertThat(client.procedures()).isEmpty();
            Await.until(
                    "all shards serve",
                    () -> client.statusWithShards().shardStates().stream().allMatch(ClusterStatus.ShardState::serving));
            Await.until(
                    "every replica is the same",
                    () -> client.verify("tour", 4, shard -> {}).stream().allMatch(ShardVerification::isEqual));
            Await.until(
                    "every replica has the schema and its index",
                    () -> cluster.regions().stream().allMatch(SchemaIT::hasTheLastSchema));
        }
    }

    private static boolean hasTheLastSchema(Member region) {
        URI status = URI.create("http://127.0.0.1:" + region.adminPort() + "/status");
        try (InputStream body = status.toURL().openStream()) {
            String text = new String(body.readAllBytes(), StandardCharsets.UTF_8).replace(" ", "");
            return text.split("\"schema\":4,\"indexesLeft\":0", -1).length - 1 == SHARDS;
        } catch (IOException e) {
            return false;
        }
    }

    private static String mds(MdsCluster cluster, String... arguments) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--connect", cluster.connectString()));
        int code = MdsCommand.run(all.toArray(String[]::new), InputStream.nullInputStream(), out, out);
        String text = output.toString(StandardCharsets.UTF_8);
        assertThat(code).as(text).isZero();
        return text;
    }

    @Test
    void theCommandLineChangesColumnsAndIndexes() {
        try (MdsCluster cluster = MdsCluster.builder().masters(1).regions(1).start()) {
            mds(
                    cluster,
                    "table",
                    "create",
                    "files",
                    "dir STRING, name STRING, size INT64 NULL, owner STRING NULL, PRIMARY KEY (dir, name)",
                    "--shards",
                    "6",
                    "--replicas",
                    "1");
            mds(cluster, "put", "files", "dir=/etc", "name=hosts", "size=220", "owner=root");
            assertThat(mds(
                            cluster,
                            "table",
                            "alter",
                            "files",
                            "--add",
                            "mode INT32 NULL",
                            "--add",
                            "kind STRING DEFAULT file",
                            "--rename",
                            "size=bytes"))
                    .isEqualTo("table files: schema version 2, 6 columns\n");
            assertThat(mds(cluster, "get", "files", "/etc", "hosts"))
                    .contains("bytes")
                    .contains("file");
            assertThat(mds(cluster, "index", "create", "files", "by_owner", "owner,bytes"))
                    .isEqualTo("index by_owner of table files created (schema version 3)\n");
            assertThat(mds(cluster, "count", "files", "--where", "owner = 'root' AND bytes > 100"))
                    .isEqualTo("1\n");
            assertThat(mds(cluster, "index", "list", "files")).contains("by_owner  owner, bytes");
            assertThat(mds(cluster, "table", "describe", "files"))
                    .contains("no, default file")
                    .contains("index          by_owner (owner, bytes)");
            assertThat(mds(cluster, "table", "describe", "files", "--json"))
                    .contains("\"indexes\":[{\"name\":\"by_owner\",\"columns\":[\"owner\",\"bytes\"]}]");
            assertThat(mds(cluster, "procedures")).startsWith("PROCEDURE");
            assertThat(mds(cluster, "procedures", "--json").strip()).isEqualTo("[]");
            assertThat(mds(cluster, "index", "drop", "files", "by_owner"))
                    .isEqualTo("index by_owner of table files dropped (schema version 4)\n");
            assertThat(mds(cluster, "table", "alter", "files", "--drop", "owner"))
                    .isEqualTo("table files: schema version 5, 5 columns\n");
        }
    }

    @Test
    void changesOfATableWhoseRegionIsAwayWaitAndAreShown() {
        try (MdsCluster cluster = MdsCluster.builder().masters(1).regions(1).start()) {
            MdsClient client = cluster.client().withTimeout(Duration.ofSeconds(60));
            client.createTable(tour());
            cluster.region(1).kill();
            List<CompletableFuture<TableSchema>> changes = List.of(
                    client.alterTableAsync("tour", TableChange.addNullableColumn("mode", INT64)),
                    client.createIndexAsync("tour", "by_mode", "mode"));
            Await.until("both are there", () -> client.procedures().size() == 2);
            String shown = mds(cluster, "procedures");
            assertThat(shown)
                    .containsPattern("schema-1-2 +add column mode of table tour +applying the schema +0/4")
                    .containsPattern("- +create index by_mode on table tour +waiting +-");
            cluster.region(1).start();
            assertThat(changes).allSatisfy(change -> assertThat(change).succeedsWithin(Duration.ofSeconds(60)));
            assertThat(client.describeTable("tour").schema().indexes()).hasSize(1);
        }
    }
}
