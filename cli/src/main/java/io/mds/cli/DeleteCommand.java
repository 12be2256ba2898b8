package io.mds.cli;

import io.mds.client.Condition;
import io.mds.client.Key;
import io.mds.client.Table;
import io.mds.client.WriteResult;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        description = "Delete one row.",
        footer = {"", "  mds delete files /etc hosts"})
final class DeleteCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
    private String table;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "KEY",
            description = "The values of the primary key, in order.")
    private List<String> key;

    @Option(names = "--if-version", paramLabel = "N", description = "Only when the row has this version.")
    private Long ifVersion;

    @Option(names = "--if-exists", description = "Succeed when there is no such row.")
    private boolean ifExists;

    DeleteCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        Table target = root.table(table);
        Key row = RowArguments.key(target.schema(), key);
        WriteResult result =
                ifVersion == null ? target.delete(row) : target.delete(row, Condition.ifVersion(ifVersion));
        if (!result.existed() && !ifExists) {
            throw CommandException.notFound("no row " + row + " in table '" + table + "'");
        }
        return WriteReport.print(root, result, result.existed() ? "deleted" : "not there");
    }
}
