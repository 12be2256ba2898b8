package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.text.Progress;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.table.Column;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "export",
        description = "Write the rows of a table as CSV, or with --json one JSON object per line.",
        footer = {
            "",
            "'mds import' reads both back. In CSV an empty field is NULL and \"\" the empty string.",
            "",
            "  mds export files files.csv",
            "  mds export files --json --where \"size > 1000000\" | jq .name"
        })
final class ExportCommand implements Callable<Integer> {
    private static final int ROWS_BETWEEN_CHECKS = 256;

    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
    private String table;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE",
            description = "Where to; the output by default. It gets its name when it is complete.")
    private String fileName;

    private Path file;

    @Mixin
    private RangeOptions range = new RangeOptions();

    ExportCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() throws IOException {
        file = fileName == null ? null : FileArgument.newFile(fileName);
        Table target = root.table(table);
        TableSchema schema = target.schema();
        Scan scan = range.scan(schema);
        boolean bar = root.session().streams().errTerminal();
        try (Progress progress = new Progress(root.err(), bar, System::nanoTime)) {
            long rows;
            if (file == null) {
                rows = write(target, scan, schema.columns(), root.out(), progress);
            } else {
                rows = writeFile(target, scan, schema.columns(), progress);
            }
            progress.close();
            root.err()
                    .println(Cells.count(rows, "row", "rows") + " in " + Cells.duration(progress.elapsed()) + ", "
                            + Progress.rate(rows, progress.elapsed()));
        }
        return ExitCode.OK;
    }

    private long writeFile(Table target, Scan scan, List<Column> columns, Progress progress) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path part = absolute.resolveSibling(absolute.getFileName() + ".part");
        boolean complete = false;
        try {
            long rows;
            try (OutputStream out = Files.newOutputStream(part)) {
                rows = write(target, scan, columns, out, progress);
            }
            Files.move(part, absolute, StandardCopyOption.REPLACE_EXISTING);
            complete = true;
            return rows;
        } finally {
            if (!complete) {
                Files.deleteIfExists(part);
            }
        }
    }

    private long write(Table target, Scan scan, List<Column> columns, OutputStream out, Progress progress)
            throws IOException {
        long rows = 0;
        // For the time left; the export does not wait for it, and does without when it fails
        CompletableFuture<Long> counted = target.countAsync(scan);
        try (RowStream stream = target.scan(scan);
                RowPrinter printer = root.json() ? RowPrinter.json(out, columns) : RowPrinter.csv(out, columns)) {
            while (stream.hasNext()) {
                printer.print(stream.next());
                rows++;
                progress.update(rows, share(rows, counted));
                if (rows % ROWS_BETWEEN_CHECKS == 0) {
                    if (Thread.interrupted()) {
                        throw CommandException.failed("interrupted after " + Cells.count(rows, "row", "rows"));
                    }
                    if (file == null && root.out().checkError()) {
                        break;
                    }
                }
            }
        }
        return rows;
    }

    private static double share(long rows, CompletableFuture<Long> counted) {
        if (!counted.isDone() || counted.isCompletedExceptionally()) {
            return -1;
        }
        long total = counted.getNow(0L);
        return total == 0 ? -1 : (double) rows / total;
    }
}
