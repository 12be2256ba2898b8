package io.mds.cli.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.mds.client.Row;
import io.mds.table.Column;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The rows of a file with one JSON object on each line, as {@code export --json} writes them. */
public final class JsonRows implements RowSource {
    private static final JsonFactory JSON = new JsonFactory();

    private final TableSchema schema;
    private final CountedInput input;
    private final BufferedReader lines;
    private long line;

    public JsonRows(TableSchema schema, CountedInput input) {
        this.schema = schema;
        this.input = input;
        this.lines = new BufferedReader(input.utf8());
    }

    @Override
    public Row next() throws IOException {
        String text;
        do {
            text = lines.readLine();
            line++;
        } while (text != null && text.isBlank());
        if (text == null) {
            return null;
        }
        try (JsonParser parser = JSON.createParser(text)) {
            return row(text, parser);
        } catch (JsonProcessingException e) {
            throw new BadRowException("line " + line + ", character "
                    + (e.getLocation() == null ? 1 : e.getLocation().getColumnNr()) + ": not JSON: "
                    + e.getOriginalMessage());
        }
    }

    private Row row(String text, JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new BadRowException("line " + line + ": not a JSON object (expected: {\"column\": value, ...})");
        }
        Map<String, Object> values = new LinkedHashMap<>();
        Set<Column> named = new HashSet<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            Column column = RowChecks.column(schema, parser.currentName(), "line " + line);
            if (!named.add(column)) {
                throw new BadRowException("line " + line + ": column '" + column.name() + "' is given twice");
            }
            parser.nextToken();
            values.put(column.name(), value(text, parser, column));
        }
        if (parser.nextToken() != null) {
            throw new BadRowException("line " + line + ": text after the JSON object");
        }
        RowChecks.requireComplete(schema, named, "line " + line);
        return Row.of(values);
    }

    private Object value(String text, JsonParser parser, Column column) throws IOException {
        String place = "line " + line + ", column '" + column.name() + "': ";
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            if (!column.nullable()) {
                throw new BadRowException(place + "null, and the column is never NULL");
            }
            return null;
        }
        if (column.type() == ColumnType.JSON) {
            return asWritten(text, parser);
        }
        if (!token.isScalarValue()) {
            throw new BadRowException(place + "an object or array (expected: a " + column.type() + ")");
        }
        if (column.type() == ColumnType.STRING && token != JsonToken.VALUE_STRING) {
            throw new BadRowException(place + parser.getText() + " (expected: a string in quotes)");
        }
        try {
            return column.type().parse(parser.getText());
        } catch (IllegalArgumentException e) {
            throw new BadRowException(place + e.getMessage());
        }
    }

    private static String asWritten(String text, JsonParser parser) throws IOException {
        int start = (int) parser.currentTokenLocation().getCharOffset();
        parser.skipChildren();
        parser.finishToken();
        return text.substring(start, (int) parser.currentLocation().getCharOffset())
                .strip();
    }

    @Override
    public double share() {
        return input.share();
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
