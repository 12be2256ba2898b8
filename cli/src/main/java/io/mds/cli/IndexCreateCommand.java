package io.mds.cli;

import io.mds.table.TableSchema;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "create",
        description = "Create an index of a table, and wait until it can be used.",
        footer = {
            "",
            "Scans and counts use it whose filter compares its first columns for equality, and perhaps one more with a"
                    + " range. When --timeout is over before it is filled, it goes on: 'mds procedures' shows how far it is.",
            "",
            "  mds index create files by_owner owner,size"
        })
final class IndexCreateCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
    private String table;

    @Parameters(index = "1", paramLabel = "INDEX", description = "The index's name.")
    private String index;

    @Parameters(index = "2", split = ",", paramLabel = "COLUMN", description = "Its columns, in order.")
    private List<String> columns;

    IndexCreateCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        TableSchema schema = root.client().createIndex(table, index, columns.toArray(String[]::new));
        return IndexDropCommand.tell(root, schema, index, "created");
    }
}
