package io.mds.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import io.mds.cli.text.Cells;
import io.mds.cli.text.CsvWriter;
import io.mds.cli.text.RowFormat;
import io.mds.cli.text.Style;
import io.mds.cli.text.TextTable;
import io.mds.cli.text.TextTable.Heading;
import io.mds.client.Row;
import io.mds.table.Column;
import io.mds.table.ColumnType;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes rows one after the other, in one of the formats. Closing flushes, and leaves the stream open. */
interface RowPrinter extends Closeable {

    void print(Row row) throws IOException;

    /** A line of column names and a line for each row. */
    static RowPrinter csv(OutputStream out, List<Column> columns) throws IOException {
        Writer writer = utf8(out);
        CsvWriter csv = new CsvWriter(writer);
        csv.write(columns.stream().map(Column::name).toList());
        return new RowPrinter() {
            @Override
            public void print(Row row) throws IOException {
                List<String> fields = new ArrayList<>(columns.size());
                for (Column column : columns) {
                    fields.add(RowFormat.csv(row, column));
                }
                csv.write(fields);
            }

            @Override
            public void close() throws IOException {
                writer.flush();
            }
        };
    }

    /** A JSON object on each line. */
    static RowPrinter json(OutputStream out, List<Column> columns) throws IOException {
        Writer writer = utf8(out);
        JsonGenerator json = new JsonFactory().createGenerator(writer);
        json.setPrettyPrinter(new MinimalPrettyPrinter(""));
        return new RowPrinter() {
            @Override
            public void print(Row row) throws IOException {
                RowFormat.json(json, row, columns);
                json.writeRaw('\n');
            }

            @Override
            public void close() throws IOException {
                json.flush();
            }
        };
    }

    /** Aligned, for people; long values are cut. */
    static RowPrinter table(PrintStream out, Style style, List<Column> columns, int widestCell) {
        List<Heading> headings = columns.stream()
                .map(column -> new Heading(column.name(), isNumber(column.type())))
                .toList();
        TextTable table = new TextTable(out, style, headings);
        return new RowPrinter() {
            @Override
            public void print(Row row) {
                List<String> cells = new ArrayList<>(columns.size());
                for (Column column : columns) {
                    cells.add(Cells.cut(Cells.shown(column.type(), row.get(column.name())), widestCell));
                }
                table.row(cells);
            }

            @Override
            public void close() {
                table.close();
            }
        };
    }

    private static boolean isNumber(ColumnType type) {
        return type.isNumeric();
    }

    private static Writer utf8(OutputStream out) {
        return new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
    }
}
