package io.mds.cli;

import io.mds.table.TableSchema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "drop", description = "Drop an index of a table.")
final class IndexDropCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
    private String table;

    @Parameters(index = "1", paramLabel = "INDEX", description = "The index's name.")
    private String index;

    IndexDropCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        return tell(root, root.client().dropIndex(table, index), index, "dropped");
    }

    static int tell(RootCommand root, TableSchema schema, String index, String done) {
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeStringField("table", schema.name());
                json.writeStringField("index", index);
                json.writeBooleanField(done, true);
                json.writeNumberField("schema_version", schema.version());
                json.writeEndObject();
            });
        }
        root.out()
                .println("index " + index + " of table " + schema.name() + " " + done + " (schema version "
                        + schema.version() + ")");
        return ExitCode.OK;
    }
}
