package io.mds.cli.text;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.client.Row;
import io.mds.table.Column;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;

/**
 * Rows as fields of CSV and of JSON objects.
 *
 * <p>In JSON, booleans and numbers are what they are, except DECIMAL and infinite DOUBLE values, which are strings because
 * many readers would round or refuse them; JSON columns are embedded; every other value is the string that imports read.
 */
public final class RowFormat {
    private RowFormat() {}

    /** The value's text, or null for NULL. */
    public static String csv(Row row, Column column) {
        Object value = row.get(column.name());
        return value == null ? null : column.type().format(value);
    }

    /** Writes the row as one JSON object. */
    public static void json(JsonGenerator json, Row row, List<Column> columns) throws IOException {
        json.writeStartObject();
        for (Column column : columns) {
            json.writeFieldName(column.name());
            json(json, column, row.get(column.name()));
        }
        json.writeEndObject();
    }

    private static void json(JsonGenerator json, Column column, Object value) throws IOException {
        if (value == null) {
            json.writeNull();
            return;
        }
        switch (column.type()) {
            case BOOLEAN -> json.writeBoolean((Boolean) value);
            case INT32 -> json.writeNumber((Integer) value);
            case INT64 -> json.writeNumber((Long) value);
            case DOUBLE -> {
                double number = (Double) value;
                if (Double.isFinite(number)) {
                    json.writeNumber(number);
                } else {
                    json.writeString(Double.toString(number));
                }
            }
            case DECIMAL -> json.writeString(((BigDecimal) value).toString());
            // A line feed inside would break lines of JSON apart; between tokens it means nothing
            case JSON -> json.writeRawValue(((String) value).replace('\n', ' ').replace('\r', ' '));
            case STRING, BYTES, TIMESTAMP, UUID ->
                json.writeString(column.type().format(value));
        }
    }
}
