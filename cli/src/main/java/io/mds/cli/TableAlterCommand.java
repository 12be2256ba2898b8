package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.where.TableDefinition;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "alter",
        description = "Rename, add and drop columns of a table, in this order, all or none, while it is in use.",
        footer = {
            "",
            "A column of the primary key or of an index cannot be dropped.",
            "",
            "  mds table alter files --add 'mode INT32 NULL' --add 'kind STRING DEFAULT file'",
            "  mds table alter files --rename size=bytes --drop owner"
        })
final class TableAlterCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "TABLE", description = "The table.")
    private String table;

    @Option(
            names = "--add",
            paramLabel = "COLUMN",
            description = "A new column: 'name TYPE NULL', or 'name TYPE DEFAULT value' for one that is never NULL.")
    private List<String> added = List.of();

    @Option(names = "--rename", paramLabel = "OLD=NEW", description = "Another name for a column.")
    private List<String> renamed = List.of();

    @Option(names = "--drop", paramLabel = "NAME", description = "A column that goes, with its values.")
    private List<String> dropped = List.of();

    TableAlterCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        List<TableChange> changes = new ArrayList<>();
        for (String names : renamed) {
            int equals = names.indexOf('=');
            if (equals <= 0 || equals == names.length() - 1) {
                throw CommandException.usage("--rename: '" + names + "' (expected: old=new)");
            }
            changes.add(TableChange.renameColumn(names.substring(0, equals), names.substring(equals + 1)));
        }
        for (String column : added) {
            changes.add(CommandException.checked("--add", () -> TableDefinition.addition(column)));
        }
        dropped.forEach(column -> changes.add(TableChange.dropColumn(column)));
        if (changes.isEmpty()) {
            throw CommandException.usage("nothing to change: give --add, --rename or --drop");
        }
        TableSchema schema = root.client().alterTable(table, changes.toArray(TableChange[]::new));
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeStringField("table", schema.name());
                json.writeNumberField("schema_version", schema.version());
                json.writeNumberField("columns", schema.columns().size());
                json.writeEndObject();
            });
        }
        root.out()
                .println("table " + schema.name() + ": schema version " + schema.version() + ", "
                        + Cells.count(schema.columns().size(), "column", "columns"));
        return ExitCode.OK;
    }
}
