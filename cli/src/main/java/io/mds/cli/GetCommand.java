package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.text.RowFormat;
import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.table.Column;
import io.mds.table.TableSchema;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "get",
        description = "Show one row and its version.",
        footer = {"", "  mds get files /etc hosts"})
final class GetCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "TABLE", description = "The table.")
    private String table;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "KEY",
            description = "The values of the primary key, in order.")
    private List<String> key;

    @Mixin
    private ReadOptions reads = new ReadOptions();

    GetCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        Table target = root.table(table);
        TableSchema schema = target.schema();
        Key wanted = RowArguments.key(schema, key);
        Row row = reads.reading(target)
                .get(wanted)
                .orElseThrow(() -> CommandException.notFound("no row " + wanted + " in table '" + table + "'"));
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeNumberField("version", row.version());
                reads.write(json);
                json.writeFieldName("row");
                RowFormat.json(json, row, schema.columns());
                json.writeEndObject();
            });
        }
        int width = schema.columns().stream()
                .mapToInt(column -> column.name().length())
                .max()
                .orElse(0);
        for (Column column : schema.columns()) {
            Object value = row.get(column.name());
            String text = Cells.shown(column.type(), value);
            print(column.name(), width, value == null ? root.style().dim(text) : text);
        }
        root.out().println(root.style().dim("version " + row.version()));
        reads.print(root);
        return ExitCode.OK;
    }

    private void print(String name, int width, String value) {
        root.out().println(root.style().bold(name) + " ".repeat(width - name.length() + 2) + value);
    }
}
