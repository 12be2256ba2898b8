package io.mds.table;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.List;

/**
 * The order-preserving encoding of the values that an index has of a row: column after column a byte that tells NULL, which
 * comes first, from a value, and the value as a key has it. Cut after {@link #MAX_BYTES}, so that values that begin alike may
 * be encoded alike: who finds a row by an index looks at the row, too.
 *
 * <p>Immutable; any thread.
 */
public final class IndexCodec {
    /** What databases can index, together with a key of any length. */
    public static final int MAX_BYTES = 512;

    /** Characters after which nothing of a text can be left within the bytes. */
    private static final int MAX_CHARACTERS = MAX_BYTES + 2;

    private static final byte NULL = 0;
    private static final byte VALUE = 1;

    private final Index index;
    private final Column[] columns;
    private final int[] keyPositions;
    private final KeyCodec keys;
    private final RowCodec rows;

    public IndexCodec(TableSchema schema, Index index) {
        this.index = index;
        this.columns = index.columns().stream().map(schema::columnOrNull).toArray(Column[]::new);
        this.keyPositions =
                index.columns().stream().mapToInt(schema::keyPosition).toArray();
        this.keys = new KeyCodec(schema);
        this.rows = new RowCodec(schema);
    }

    public Index index() {
        return index;
    }

    /** The columns of the index, in its order. */
    List<Column> columns() {
        return List.of(columns);
    }

    /** What the index has of a row. */
    public byte[] encode(byte[] key, ByteString row) {
        Object[] keyValues = null;
        Object[] rowValues = null;
        ByteWriter out = new ByteWriter(32);
        for (int i = 0; i < columns.length && out.size() < MAX_BYTES; i++) {
            Object value;
            if (keyPositions[i] >= 0) {
                keyValues = keyValues == null ? keys.decode(key) : keyValues;
                value = keyValues[keyPositions[i]];
            } else {
                rowValues = rowValues == null ? rows.decode(row, this::isAsked) : rowValues;
                value = rowValues[columns[i].id()];
            }
            write(out, columns[i].type(), value);
        }
        return cut(out);
    }

    private boolean isAsked(int id) {
        return index.columns().contains(id);
    }

    static void write(ByteWriter out, ColumnType type, Object value) {
        if (value == null) {
            out.put(NULL);
            return;
        }
        out.put(VALUE);
        KeyCodec.write(out, type, shortened(value));
    }

    /** Values begin so, and no NULL does. */
    static void writeAnyValue(ByteWriter out) {
        out.put(VALUE);
    }

    /** The beginning of a text or of bytes, as far as it can be encoded at all. */
    static Object shortened(Object value) {
        if (value instanceof String text && text.length() > MAX_CHARACTERS) {
            boolean splits = Character.isHighSurrogate(text.charAt(MAX_CHARACTERS - 1));
            return text.substring(0, splits ? MAX_CHARACTERS - 1 : MAX_CHARACTERS);
        }
        if (value instanceof byte[] bytes && bytes.length > MAX_CHARACTERS) {
            return Arrays.copyOf(bytes, MAX_CHARACTERS);
        }
        return value;
    }

    static byte[] cut(ByteWriter out) {
        byte[] bytes = out.toBytes();
        return bytes.length <= MAX_BYTES ? bytes : Arrays.copyOf(bytes, MAX_BYTES);
    }
}
