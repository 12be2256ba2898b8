package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.table.Column;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "scan",
        description = "Show rows in the order of their keys.",
        footer = {
            "",
            "  mds scan files --prefix /etc --where \"size > 1000\" --columns name,size --limit 20",
            "",
            "Values of --prefix, --from and --to are separated by commas; one with a comma in it stands in double quotes.",
            "In a condition: = != < <= > >=, IS [NOT] NULL, [NOT] IN (...), [NOT] LIKE 'abc%%', [NOT] BETWEEN ... AND ...,"
                    + " AND, OR, NOT, parentheses. A comparison with NULL is false."
        })
final class ScanCommand implements Callable<Integer> {
    private static final int WIDEST_CELL = 60;
    /** How often to look whether anybody still reads. */
    private static final int ROWS_BETWEEN_CHECKS = 256;

    private final RootCommand root;

    @Parameters(paramLabel = "TABLE", description = "The table.")
    private String table;

    @Mixin
    private RangeOptions range = new RangeOptions();

    @Mixin
    private ReadOptions reads = new ReadOptions();

    @Option(names = "--columns", split = ",", paramLabel = "NAME", description = "Only these columns, in this order.")
    private List<String> columns = List.of();

    @Option(names = "--limit", paramLabel = "N", description = "At most so many rows.")
    private Long limit;

    @Option(names = "--reverse", description = "From the last key to the first.")
    private boolean reverse;

    @Option(names = "--csv", description = "As CSV, for spreadsheets and imports.")
    private boolean csv;

    ScanCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() throws IOException {
        if (csv && root.json()) {
            throw CommandException.usage("--csv does not go with --json");
        }
        Table target = root.table(table);
        TableSchema schema = target.schema();
        List<Column> shown = columns.isEmpty()
                ? schema.columns()
                : columns.stream()
                        .map(name -> CommandException.checked("--columns", () -> schema.column(name.strip())))
                        .toList();
        Scan scan = scan(schema, shown);
        long rows = 0;
        try (RowStream stream = reads.reading(target).scan(scan);
                RowPrinter printer = printer(shown)) {
            while (stream.hasNext()) {
                Row row = stream.next();
                printer.print(row);
                rows++;
                if (rows % ROWS_BETWEEN_CHECKS == 0) {
                    if (Thread.interrupted()) {
                        throw CommandException.failed("interrupted after " + Cells.count(rows, "row", "rows"));
                    }
                    if (root.out().checkError()) {
                        break;
                    }
                }
            }
        }
        if (!csv && !root.json()) {
            root.out().println(root.style().dim(Cells.count(rows, "row", "rows")));
        }
        if (root.json()) {
            reads.printJson(root);
        } else {
            reads.print(root);
        }
        return ExitCode.OK;
    }

    private Scan scan(TableSchema schema, List<Column> shown) {
        Scan scan = range.scan(schema);
        if (!columns.isEmpty()) {
            scan = scan.columns(shown.stream().map(Column::name).toList());
        }
        if (limit != null) {
            Scan unlimited = scan;
            scan = CommandException.checked("--limit", () -> unlimited.limit(limit));
        }
        return reverse ? scan.reverse() : scan;
    }

    private RowPrinter printer(List<Column> shown) throws IOException {
        if (root.json()) {
            return RowPrinter.json(root.out(), shown);
        }
        if (csv) {
            return RowPrinter.csv(root.out(), shown);
        }
        boolean person = root.session().streams().outTerminal();
        return RowPrinter.table(root.out(), root.style(), shown, person ? WIDEST_CELL : Integer.MAX_VALUE);
    }
}
