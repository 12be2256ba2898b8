package io.mds.table;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Filter;
import java.util.BitSet;
import java.util.function.Predicate;

/**
 * A filter made ready for one table: its columns are looked up and its values converted once, then it is asked row by
 * row.
 *
 * <p>Two-valued: a comparison with NULL is false, and NOT of it is true. Immutable; any thread.
 */
public final class FilterEvaluator {
    /** Terms and values of the largest filter. */
    public static final int MAX_NODES = 1_000;

    private final TableSchema schema;
    private final KeyCodec keys;
    private final RowCodec rows;
    private final Predicate<RowView> test;
    /** Ids of the columns that the filter asks for: the others are not decoded. */
    private final BitSet asked;

    /**
     * @throws MdsException INVALID_ARGUMENT when the filter names unknown columns, compares with values of wrong types, or
     *     is too large
     */
    public FilterEvaluator(TableSchema schema, Filter filter) {
        this.schema = schema;
        this.keys = new KeyCodec(schema);
        this.rows = new RowCodec(schema);
        FilterCompiler compiler = new FilterCompiler(schema);
        this.test = compiler.compile(filter);
        this.asked = compiler.askedColumns();
    }

    /** Whether a row satisfies the filter. */
    public boolean test(byte[] key, ByteString row) {
        return test.test(new RowView(key, row));
    }

    /** One row under test; key and row are decoded when first asked for. */
    final class RowView {
        private final byte[] key;
        private final ByteString row;
        private Object[] keyValues;
        private Object[] rowValues;

        private RowView(byte[] key, ByteString row) {
            this.key = key;
            this.row = row;
        }

        Object value(Column column) {
            int position = schema.keyPosition(column.id());
            if (position >= 0) {
                if (keyValues == null) {
                    keyValues = keys.decode(key);
                }
                return keyValues[position];
            }
            if (rowValues == null) {
                rowValues = rows.decode(row, asked::get);
            }
            return rowValues[column.id()];
        }
    }
}
