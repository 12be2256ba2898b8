package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.text.TextTable;
import io.mds.cli.text.TextTable.Heading;
import io.mds.client.TableInfo;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "list", description = "List the tables.")
final class TableListCommand implements Callable<Integer> {
    private final RootCommand root;

    TableListCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        List<TableInfo> tables = root.client().listTables();
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartArray();
                for (TableInfo table : tables) {
                    json.writeStartObject();
                    json.writeStringField("table", table.name());
                    json.writeNumberField("id", table.id().value());
                    json.writeStringField("state", table.state());
                    json.writeNumberField("columns", table.columns());
                    json.writeNumberField("shards", table.shards());
                    json.writeNumberField("schema_version", table.schemaVersion());
                    json.writeEndObject();
                }
                json.writeEndArray();
            });
        }
        if (tables.isEmpty()) {
            root.out().println("no tables yet; 'mds table create --help' shows how to make one");
            return ExitCode.OK;
        }
        try (TextTable lines = new TextTable(
                root.out(),
                root.style(),
                Heading.left("TABLE"),
                Heading.right("COLUMNS"),
                Heading.right("SHARDS"),
                Heading.left("STATE"))) {
            for (TableInfo table : tables) {
                lines.row(
                        table.name(),
                        Cells.count(table.columns()),
                        Cells.count(table.shards()),
                        ClusterFormat.painted(
                                root.style(), table.state(), table.state().toLowerCase(Locale.ROOT)));
            }
        }
        return ExitCode.OK;
    }
}
