package io.mds.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.cli.text.Cells;
import io.mds.cli.text.TextTable;
import io.mds.cli.text.TextTable.Heading;
import io.mds.client.ShardInfo;
import io.mds.client.TableDescription;
import io.mds.table.Column;
import io.mds.table.Index;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "describe", description = "Show a table's columns, its keys and indexes, and where its shards are.")
final class TableDescribeCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "TABLE", description = "The table.")
    private String table;

    TableDescribeCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        TableDescription description = root.client().describeTable(table);
        if (root.json()) {
            return root.printJson(json -> write(json, description));
        }
        TableSchema schema = description.schema();
        root.out()
                .println("table " + schema.name() + " (id " + schema.tableId() + ", schema version "
                        + schema.version() + ", "
                        + ClusterFormat.painted(
                                root.style(),
                                description.state(),
                                description.state().toLowerCase(Locale.ROOT))
                        + ")");
        root.out().println();
        printColumns(schema);
        root.out().println();
        root.out().println("primary key    " + names(schema.primaryKey()));
        root.out().println("partitioned by " + names(schema.primaryKey().subList(0, schema.partitionColumns())));
        root.out().println("replicas       " + schema.replicas() + " wanted");
        for (Index index : schema.indexes()) {
            root.out().println("index          " + index.name() + " (" + IndexListCommand.columns(schema, index) + ")");
        }
        root.out().println();
        printShards(description.shards());
        return ExitCode.OK;
    }

    private void printColumns(TableSchema schema) {
        try (TextTable lines = new TextTable(
                root.out(), root.style(), Heading.left("COLUMN"), Heading.left("TYPE"), Heading.left("NULL"))) {
            for (Column column : schema.columns()) {
                lines.row(column.name(), column.type().name(), column.nullable() ? "yes" : "no" + defaultOf(column));
            }
        }
    }

    private static String defaultOf(Column column) {
        return column.defaultValue()
                .map(value -> ", default " + Cells.shown(column.type(), value))
                .orElse("");
    }

    private void printShards(List<ShardInfo> shards) {
        try (TextTable lines = new TextTable(
                root.out(),
                root.style(),
                Heading.right("SHARD"),
                Heading.right("VIEW"),
                Heading.left("LEADER"),
                Heading.left("REPLICAS"))) {
            for (ShardInfo shard : shards) {
                lines.row(
                        Long.toString(shard.id().value()),
                        Cells.count(shard.view().value()),
                        ShardsCommand.leader(shard),
                        ShardsCommand.replicas(shard));
            }
        }
    }

    private static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(", "));
    }

    private static void write(JsonGenerator json, TableDescription description) throws IOException {
        TableSchema schema = description.schema();
        json.writeStartObject();
        json.writeStringField("table", schema.name());
        json.writeNumberField("id", schema.tableId());
        json.writeStringField("state", description.state());
        json.writeNumberField("schema_version", schema.version());
        json.writeArrayFieldStart("columns");
        for (Column column : schema.columns()) {
            json.writeStartObject();
            json.writeStringField("name", column.name());
            json.writeStringField("type", column.type().name());
            json.writeBooleanField("nullable", column.nullable());
            if (column.defaultValue().isPresent()) {
                json.writeStringField(
                        "default", column.type().format(column.defaultValue().get()));
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("primary_key");
        for (Column column : schema.primaryKey()) {
            json.writeString(column.name());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("indexes");
        for (Index index : schema.indexes()) {
            IndexListCommand.write(json, schema, index);
        }
        json.writeEndArray();
        json.writeNumberField("partition_columns", schema.partitionColumns());
        json.writeNumberField("replicas", schema.replicas());
        json.writeNumberField("route_version", description.routeVersion());
        json.writeArrayFieldStart("shards");
        for (ShardInfo shard : description.shards()) {
            json.writeStartObject();
            ClusterFormat.writeShard(json, shard);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
