package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.where.TableDefinition;
import io.mds.client.MdsClient;
import io.mds.table.TableSchema;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "create",
        description = "Create a table.",
        footer = {
            "",
            "Types: BOOLEAN, INT32, INT64, DOUBLE, DECIMAL, STRING, BYTES, TIMESTAMP, UUID, JSON.",
            "",
            "  mds table create files --column dir:STRING --column name:STRING --column size:INT64? --key dir,name"
                    + " --partition dir --shards 6",
            "  mds table create files 'dir STRING, name STRING, size INT64 NULL, PRIMARY KEY (dir, name), PARTITION BY"
                    + " (dir)' --shards 6"
        })
final class TableCreateCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "Its name.")
    private String name;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "DEFINITION",
            description = "Columns and keys in one text, instead of --column, --key and --partition.")
    private String definition;

    @Option(
            names = "--column",
            paramLabel = "NAME:TYPE[?]",
            description = "A column; with ? it may be NULL. Once for each column.")
    private List<String> columns = List.of();

    @Option(
            names = "--key",
            split = ",",
            paramLabel = "NAME",
            description = "The columns of the primary key, in order.")
    private List<String> key = List.of();

    @Option(
            names = "--partition",
            split = ",",
            paramLabel = "NAME",
            description = "The first columns of the key: rows that agree in them stay together. All by default.")
    private List<String> partition = List.of();

    @Option(names = "--shards", paramLabel = "N", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private int shards;

    @Option(
            names = "--replicas",
            paramLabel = "N",
            defaultValue = "" + TableSchema.DEFAULT_REPLICAS,
            description = "Wanted copies of each shard. Default: ${DEFAULT-VALUE}.")
    private int replicas;

    @Option(names = "--if-not-exists", description = "Succeed when an equal table exists.")
    private boolean ifNotExists;

    TableCreateCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        TableDefinition wanted = definition();
        TableSchema schema = CommandException.checked(
                "table create",
                () -> wanted.toSchema(name).shards(shards).replicas(replicas).build());
        MdsClient client = root.client();
        TableSchema created = ifNotExists ? client.createTableIfNotExists(schema) : client.createTable(schema);
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeStringField("table", created.name());
                json.writeNumberField("id", created.tableId());
                json.writeNumberField("shards", created.shards());
                json.writeEndObject();
            });
        }
        root.out()
                .println("table " + created.name() + ": "
                        + Cells.count(created.columns().size(), "column", "columns") + ", "
                        + Cells.count(created.shards(), "shard", "shards"));
        return ExitCode.OK;
    }

    private TableDefinition definition() {
        TableDefinition wanted = new TableDefinition();
        if (definition != null) {
            if (!columns.isEmpty()) {
                throw CommandException.usage("give the columns as one definition or with --column, not both");
            }
            wanted = CommandException.checked("definition", () -> TableDefinition.parse(definition));
        }
        for (String column : columns) {
            TableDefinition target = wanted;
            CommandException.checked("--column", () -> target.column(column));
        }
        if (!wanted.hasColumns()) {
            throw CommandException.usage("a table needs columns: --column name:TYPE, once for each");
        }
        wanted.primaryKey(key).partitionBy(partition);
        if (!wanted.hasKey()) {
            throw CommandException.usage("a table needs a primary key: --key with one or several of its columns");
        }
        return wanted;
    }
}
