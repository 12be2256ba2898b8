package io.mds.cli;

import io.mds.client.Condition;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.client.WriteResult;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "put",
        description = "Write a row; one that has the same key is replaced. Columns that are left out are NULL.",
        footer = {"", "  mds put files dir=/etc name=hosts size=220"})
final class PutCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
    private String table;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "COLUMN=VALUE", description = "The row.")
    private List<String> values;

    @Option(names = "--insert", description = "Only when there is no row with this key.")
    private boolean insert;

    @Option(names = "--if-version", paramLabel = "N", description = "Only when the row has this version.")
    private Long ifVersion;

    PutCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        if (insert && ifVersion != null) {
            throw CommandException.usage("--insert does not go with --if-version: a new row has no version yet");
        }
        Table target = root.table(table);
        Row row = RowArguments.row(target.schema(), values);
        WriteResult result;
        if (insert) {
            result = target.insert(row);
        } else if (ifVersion != null) {
            result = target.upsert(row, Condition.ifVersion(ifVersion));
        } else {
            result = target.upsert(row);
        }
        return WriteReport.print(root, result, result.existed() ? "replaced" : "inserted");
    }
}
