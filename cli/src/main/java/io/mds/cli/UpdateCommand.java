package io.mds.cli;

import io.mds.cli.where.WhereParser;
import io.mds.client.Key;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.table.TableSchema;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "update",
        description = "Change some columns of one row.",
        footer = {"", "  mds update files /etc hosts --set owner=root --increment size=10"})
final class UpdateCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
    private String table;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "KEY",
            description = "The values of the primary key, in order.")
    private List<String> key;

    @Option(names = "--set", paramLabel = "COLUMN=VALUE", description = "Give a column this value.")
    private List<String> sets = List.of();

    @Option(names = "--increment", paramLabel = "COLUMN=N", description = "Add to a number; NULL counts as 0.")
    private List<String> increments = List.of();

    @Option(names = "--null", paramLabel = "COLUMN", description = "Make a column NULL.")
    private List<String> nulls = List.of();

    @Option(names = "--if-version", paramLabel = "N", description = "Only when the row has this version.")
    private Long ifVersion;

    @Option(names = "--where", paramLabel = "CONDITION", description = "Only when the row satisfies this.")
    private String where;

    UpdateCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        Table target = root.table(table);
        TableSchema schema = target.schema();
        Key row = RowArguments.key(schema, key);
        Update.Changes changes = RowArguments.changes(schema, sets, increments, nulls);
        if (ifVersion != null) {
            changes = changes.ifVersion(ifVersion);
        }
        if (where != null) {
            changes = changes.where(CommandException.checked("--where", () -> WhereParser.parse(schema, where)));
        }
        return WriteReport.print(root, target.update(row, changes), "updated");
    }
}
