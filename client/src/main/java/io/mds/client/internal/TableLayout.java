package io.mds.client.internal;

import com.google.protobuf.ByteString;
import io.mds.table.Column;
import io.mds.table.ColumnType;
import io.mds.table.KeyCodec;
import io.mds.table.Partitioner;
import io.mds.table.RowCodec;
import io.mds.table.TableSchema;
import io.mds.table.WireRow;
import java.util.ArrayList;
import java.util.List;

/** One version of a table's schema with the codecs made for it, once. Immutable. */
public final class TableLayout {
    private final TableSchema schema;
    private final KeyCodec keys;
    private final RowCodec rows;
    private final Partitioner partitioner;
    private final Projection all;
    private final boolean keyKeepsValues;

    public TableLayout(TableSchema schema) {
        this.schema = schema;
        this.keys = new KeyCodec(schema);
        this.rows = new RowCodec(schema);
        this.partitioner = new Partitioner(schema);
        this.all = projectionOf(schema.columns());
        // The scale of a DECIMAL is not part of a key.
        this.keyKeepsValues = schema.primaryKey().stream().noneMatch(column -> column.type() == ColumnType.DECIMAL);
    }

    public TableSchema schema() {
        return schema;
    }

    public KeyCodec keys() {
        return keys;
    }

    public RowCodec rows() {
        return rows;
    }

    public int shardOf(byte[] key) {
        return partitioner.shardOf(key);
    }

    /** Every column, in the order of the schema. */
    public Projection all() {
        return all;
    }

    /**
     * @param names none for all
     * @throws io.mds.error.MdsException when the table has no such column, or one is named twice
     */
    public Projection project(List<String> names) {
        List<Column> columns = new ArrayList<>();
        names.forEach(name -> columns.add(schema.column(name)));
        return columns.isEmpty() ? all : projectionOf(columns);
    }

    private static Projection projectionOf(List<Column> columns) {
        ColumnNames names = new ColumnNames(columns.stream().map(Column::name).toList());
        return new Projection(names, columns.toArray(Column[]::new));
    }

    /** The values that a scan would give for a key of which these were encoded as these bytes. */
    public Object[] keyValues(Object[] given, byte[] encoded) {
        if (!keyKeepsValues) {
            return keys.decode(encoded);
        }
        Object[] values = new Object[given.length];
        for (int i = 0; i < given.length; i++) {
            values[i] = schema.primaryKey().get(i).type().normalize(given[i]);
        }
        return values;
    }

    /** The values of the projection's columns. */
    public Object[] cells(Projection projection, Object[] keyValues, ByteString row) {
        return cells(projection, keyValues, rows.decode(row));
    }

    /** As {@link #cells(Projection, Object[], ByteString)}, of a row with its key. */
    public Object[] cells(Projection projection, WireRow row) {
        return cells(projection, keys.decode(row), rows.decode(row));
    }

    private Object[] cells(Projection projection, Object[] keyValues, Object[] byId) {
        Object[] cells = new Object[projection.columns.length];
        for (int i = 0; i < cells.length; i++) {
            int id = projection.columns[i].id();
            int position = schema.keyPosition(id);
            cells[i] = position >= 0 ? keyValues[position] : byId[id];
        }
        return cells;
    }

    /** Some columns in some order. Immutable. */
    public static final class Projection {
        private final ColumnNames names;
        private final Column[] columns;

        private Projection(ColumnNames names, Column[] columns) {
            this.names = names;
            this.columns = columns;
        }

        public ColumnNames names() {
            return names;
        }

        public List<Integer> columnIds() {
            List<Integer> ids = new ArrayList<>(columns.length);
            for (Column column : columns) {
                ids.add(column.id());
            }
            return ids;
        }
    }
}
