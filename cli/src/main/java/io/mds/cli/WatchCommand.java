package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.text.RowFormat;
import io.mds.client.Change;
import io.mds.client.ChangeStream;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.client.WatchFrom;
import io.mds.error.MdsException;
import io.mds.table.Column;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "watch",
        description = "Show the changes of a table's rows as they are committed, until Ctrl-C.",
        footer = {
            "",
            "  mds watch files",
            "  mds watch files --from w1.BAMBBAEzvmGW --json",
            "",
            "At the end comes a token, with which the next watch goes on there."
        })
final class WatchCommand implements Callable<Integer> {
    private static final Duration FIRST_LOOK = Duration.ZERO;
    private static final long END_SECONDS = 3;

    private final RootCommand root;

    @Parameters(paramLabel = "TABLE", description = "The table.")
    private String table;

    @Option(
            names = "--from",
            paramLabel = "TOKEN",
            description = "After what a watch had shown when it gave this token; by default from now on.")
    private String from;

    @Option(names = "--limit", paramLabel = "N", description = "End after so many changes.")
    private Long limit;

    WatchCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        if (limit != null && limit < 1) {
            throw CommandException.usage("--limit: " + limit + " (expected: >= 1)");
        }
        WatchFrom begin =
                from == null ? WatchFrom.now() : CommandException.checked("--from", () -> WatchFrom.token(from));
        Table watched = root.table(table);
        TableSchema schema = watched.schema();
        CountDownLatch ended = new CountDownLatch(1);
        try (ChangeStream stream = CommandException.checked("--from", () -> watched.watch(begin))) {
            Thread onEnd = new Thread(() -> end(stream, ended), "watch-end");
            Runtime.getRuntime().addShutdownHook(onEnd);
            try {
                show(stream, schema);
            } finally {
                printToken(stream);
                root.out().flush();
                ended.countDown();
                forget(onEnd);
            }
        }
        return ExitCode.OK;
    }

    /** On Ctrl-C: the process ends when this has, and the token is to be seen by then. */
    private static void end(ChangeStream stream, CountDownLatch ended) {
        stream.close();
        try {
            boolean unused = ended.await(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void forget(Thread onEnd) {
        try {
            boolean unused = Runtime.getRuntime().removeShutdownHook(onEnd);
        } catch (IllegalStateException e) {
            // It is what ends the watch.
        }
    }

    private void show(ChangeStream stream, TableSchema schema) {
        long shown = 0;
        while (limit == null || shown < limit) {
            try {
                Optional<Change> change = stream.poll(FIRST_LOOK);
                if (change.isPresent()) {
                    print(change.get(), schema);
                    shown++;
                    continue;
                }
                // Nothing more for now: what there was is to be seen, if anybody still looks.
                if (root.out().checkError() || !stream.hasNext()) {
                    return;
                }
            } catch (MdsException e) {
                // Ctrl-C in the shell
                if (Thread.interrupted()) {
                    return;
                }
                throw e;
            }
        }
    }

    private void printToken(ChangeStream stream) {
        if (root.json()) {
            int unused = root.printJson(json -> {
                json.writeStartObject();
                json.writeStringField("token", stream.token());
                json.writeEndObject();
            });
        } else {
            root.out().println(root.style().dim("go on with --from " + stream.token()));
        }
    }

    private void print(Change change, TableSchema schema) {
        if (root.json()) {
            int unused = root.printJson(json -> {
                json.writeStartObject();
                json.writeNumberField("shard", change.shard().value());
                json.writeNumberField("version", change.version());
                json.writeStringField("time", change.time().toString());
                json.writeFieldName("key");
                RowFormat.json(json, keyRow(change, schema), schema.primaryKey());
                json.writeFieldName("row");
                if (change.isDelete()) {
                    json.writeNull();
                } else {
                    RowFormat.json(json, change.row().orElseThrow(), schema.columns());
                }
                json.writeEndObject();
            });
            return;
        }
        String what = change.isDelete()
                ? root.style().warning("delete")
                : root.style().good("put   ");
        List<Column> columns = change.isDelete() ? schema.primaryKey() : schema.columns();
        Row row = change.row().orElseGet(() -> keyRow(change, schema));
        StringBuilder line = new StringBuilder();
        for (Column column : columns) {
            line.append(' ')
                    .append(column.name())
                    .append('=')
                    .append(Cells.shown(column.type(), row.get(column.name())));
        }
        root.out()
                .println(root.style().dim(change.time() + "  " + change.shard() + "@" + change.version()) + "  " + what
                        + line);
    }

    private static Row keyRow(Change change, TableSchema schema) {
        List<Column> columns = schema.primaryKey();
        Object[] namesAndValues = new Object[2 * columns.size()];
        for (int i = 0; i < columns.size(); i++) {
            namesAndValues[2 * i] = columns.get(i).name();
            namesAndValues[2 * i + 1] = change.key().get(i);
        }
        return Row.of(namesAndValues);
    }
}
