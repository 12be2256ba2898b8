package io.mds.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "drop", description = "Drop a table with all its rows.")
final class TableDropCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "TABLE", description = "The table.")
    private String table;

    @Option(names = "--if-exists", description = "Succeed when there is no such table.")
    private boolean ifExists;

    TableDropCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        boolean existed = true;
        if (ifExists) {
            existed = root.client().dropTableIfExists(table);
        } else {
            root.client().dropTable(table);
        }
        if (root.json()) {
            boolean dropped = existed;
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeStringField("table", table);
                json.writeBooleanField("dropped", dropped);
                json.writeEndObject();
            });
        }
        root.out().println(existed ? "table " + table + " dropped" : "there is no table " + table);
        return ExitCode.OK;
    }
}
