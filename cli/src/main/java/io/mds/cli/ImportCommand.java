package io.mds.cli;

import io.mds.cli.load.BadRowException;
import io.mds.cli.load.CountedInput;
import io.mds.cli.load.CsvRows;
import io.mds.cli.load.JsonRows;
import io.mds.cli.load.RowSource;
import io.mds.cli.load.TreeCounter;
import io.mds.cli.load.TreeRows;
import io.mds.cli.text.Cells;
import io.mds.cli.text.Progress;
import io.mds.client.MdsClient;
import io.mds.client.Table;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.table.Column;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        description = "Write the rows of a file, or the metadata of a directory tree, into a table.",
        footer = {
            "",
            "A file is CSV with a first line of column names, or one JSON object per line when its name ends with .json,"
                    + " .jsonl or .ndjson; - reads CSV from the input. Its table must exist.",
            "Of a directory, every entry below becomes a row; links are not followed. Its table is created when needed.",
            "Rows that exist are replaced, so that an import that failed may be run again.",
            "",
            "  mds import files /usr/share --shards 6",
            "  mds import people people.csv --skip-bad"
        })
final class ImportCommand implements Callable<Integer> {
    private static final int DEFAULT_TREE_SHARDS = 6;

    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
    private String table;

    @Parameters(index = "1", paramLabel = "FILE|DIRECTORY", description = "What to read.")
    private String from;

    @Option(
            names = "--shards",
            paramLabel = "N",
            description = "Of a table that is created for a directory. Default: " + DEFAULT_TREE_SHARDS + ".")
    private Integer shards;

    @Option(names = "--replicas", paramLabel = "N", description = "Of a table that is created for a directory.")
    private Integer replicas;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Finish each N rows before the next N are sent. By default rows flow without a stop.")
    private Integer batch;

    @Option(names = "--skip-bad", description = "Leave out lines that are no rows of the table, and name them.")
    private boolean skipBad;

    ImportCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() throws IOException {
        if (batch != null && batch < 1) {
            throw CommandException.usage("--batch: " + batch + " (expected: >= 1)");
        }
        Path path = path();
        if (path != null && Files.isDirectory(path)) {
            return importTree(path);
        }
        return importFile(path);
    }

    private Path path() {
        if (from.equals("-")) {
            return null;
        }
        Path path = FileArgument.path(from);
        if (!Files.exists(path)) {
            throw CommandException.usage(from + ": no such file or directory");
        }
        if (!Files.isReadable(path)) {
            throw CommandException.usage(from + ": permission denied");
        }
        return path;
    }

    private int importTree(Path directory) throws IOException {
        Table target = treeTable();
        try (TreeCounter counter = TreeCounter.start(directory);
                TreeRows rows = new TreeRows(directory, counter)) {
            return load(target, rows, rows);
        }
    }

    private Table treeTable() {
        MdsClient client = root.client();
        TableSchema.Builder wanted = TreeRows.schema(table).shards(shards == null ? DEFAULT_TREE_SHARDS : shards);
        if (replicas != null) {
            wanted.replicas(replicas);
        }
        TableSchema schema = CommandException.checked("import", wanted::build);
        TableSchema existing;
        try {
            existing = client.describeTable(table).schema();
        } catch (MdsException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            existing = client.createTableIfNotExists(schema);
            note("table " + table + " created with " + Cells.count(schema.shards(), "shard", "shards"));
        }
        requireTreeColumns(existing, schema);
        return client.table(table);
    }

    /** A table that somebody else made may have more columns, as long as they may be NULL. */
    private void requireTreeColumns(TableSchema existing, TableSchema wanted) {
        for (Column column : wanted.columns()) {
            boolean fits = existing.findColumn(column.name())
                    .filter(found -> found.type() == column.type() && (found.nullable() || !column.nullable()))
                    .isPresent();
            if (!fits) {
                throw CommandException.usage("table '" + table + "' cannot hold a directory tree: it has no column "
                        + column.name() + " " + column.type() + (column.nullable() ? " NULL" : "")
                        + "; choose a new name, and the table is created");
            }
        }
    }

    private int importFile(Path file) throws IOException {
        if (shards != null || replicas != null) {
            throw CommandException.usage("--shards and --replicas are for directories: the table of a file must exist"
                    + " ('mds table create " + table + " ...')");
        }
        Table target = root.table(table);
        TableSchema schema = target.schema();
        CountedInput input = file == null
                ? new CountedInput(root.session().streams().in(), -1)
                : new CountedInput(Files.newInputStream(file), Files.size(file));
        try (RowSource rows = open(schema, file, input)) {
            return load(target, rows, null);
        }
    }

    private static RowSource open(TableSchema schema, Path file, CountedInput input) throws IOException {
        try {
            return isJson(file) ? new JsonRows(schema, input) : new CsvRows(schema, input);
        } catch (BadRowException e) {
            input.close();
            throw CommandException.failed((file == null ? "input" : file) + ": " + e.getMessage());
        }
    }

    private static boolean isJson(Path file) {
        String name = file == null ? "" : file.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".json") || name.endsWith(".jsonl") || name.endsWith(".ndjson");
    }

    private int load(Table target, RowSource source, TreeRows tree) throws IOException {
        boolean bar = root.session().streams().errTerminal() && !root.json();
        RowFeed feed;
        Progress progress = new Progress(root.err(), bar, System::nanoTime);
        try (progress) {
            feed = new RowFeed(source, progress, skipBad ? this::skipped : null);
            try {
                if (batch == null) {
                    target.upsertAll(feed);
                } else {
                    while (feed.hasMore()) {
                        target.upsertAll(feed.next(batch));
                    }
                }
            } catch (BadRowException e) {
                throw CommandException.failed(
                        from + ": " + e.getMessage() + "; " + Cells.count(feed.rows(), "row", "rows")
                                + " before it may have been written (--skip-bad goes on)");
            }
        }
        return report(feed, progress, tree);
    }

    private void skipped(BadRowException bad) {
        root.err().println("mds: skipped: " + Cells.printable(bad.getMessage()));
    }

    private int report(RowFeed feed, Progress progress, TreeRows tree) {
        double seconds = progress.elapsed().toMillis() / 1000.0;
        long unreadable = tree == null ? 0 : tree.unreadable();
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeStringField("table", table);
                json.writeNumberField("rows", feed.rows());
                json.writeNumberField("skipped", feed.skipped());
                json.writeNumberField("unreadable", unreadable);
                json.writeNumberField("seconds", seconds);
                json.writeEndObject();
            });
        }
        root.out()
                .println(Cells.count(feed.rows(), "row", "rows") + " in " + Cells.duration(progress.elapsed()) + ", "
                        + Progress.rate(feed.rows(), progress.elapsed()));
        if (feed.skipped() > 0) {
            root.out().println(Cells.count(feed.skipped(), "bad line", "bad lines") + " left out");
        }
        if (unreadable > 0) {
            root.out()
                    .println(Cells.count(unreadable, "entry", "entries") + " could not be read, the first: "
                            + Cells.printable(tree.firstUnreadable()));
        }
        return ExitCode.OK;
    }

    private void note(String text) {
        if (!root.json()) {
            root.out().println(text);
            root.out().flush();
        }
    }
}
