package io.mds.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.cli.text.TextTable;
import io.mds.cli.text.TextTable.Heading;
import io.mds.table.Index;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "list", description = "List the indexes of a table.")
final class IndexListCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "TABLE", description = "The table.")
    private String table;

    IndexListCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        TableSchema schema = root.client().describeTable(table).schema();
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartArray();
                for (Index index : schema.indexes()) {
                    write(json, schema, index);
                }
                json.writeEndArray();
            });
        }
        try (TextTable lines =
                new TextTable(root.out(), root.style(), Heading.left("INDEX"), Heading.left("COLUMNS"))) {
            for (Index index : schema.indexes()) {
                lines.row(index.name(), columns(schema, index));
            }
        }
        return ExitCode.OK;
    }

    private static List<String> names(TableSchema schema, Index index) {
        return index.columns().stream()
                .map(id -> schema.columnOrNull(id).name())
                .toList();
    }

    static String columns(TableSchema schema, Index index) {
        return names(schema, index).stream().collect(Collectors.joining(", "));
    }

    static void write(JsonGenerator json, TableSchema schema, Index index) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", index.name());
        json.writeArrayFieldStart("columns");
        for (String column : names(schema, index)) {
            json.writeString(column);
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
