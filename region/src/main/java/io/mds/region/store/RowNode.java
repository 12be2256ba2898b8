package io.mds.region.store;

import com.google.protobuf.ByteString;
import io.mds.table.WireRow;

/**
 * A key of which something is known in memory.
 *
 * <p><em>Thread:</em> guarded by the lock of its {@link ShardRows}; {@code used}, {@code encoded} and {@code row}, by an
 * equal one, are also written under its read lock, where races are harmless.
 */
final class RowNode {
    static final ShardRows.Known NOTHING = new ShardRows.Known(null);

    private static final int OVERHEAD_BYTES = 240;

    enum State {
        ROW,
        NO_ROW,
        /** Only marks the end of a range that is known. */
        UNKNOWN;

        static State of(StoredRow rowOrNull) {
            return rowOrNull == null ? NO_ROW : ROW;
        }
    }

    final byte[] key;
    StoredRow row;
    boolean joined;
    boolean used;
    /** Which flush is to write it; 0 when the database has it. */
    long dirtyEpoch;

    private State state;
    /** Bytes of key and row, kept here so that scans need not look at either. */
    private int size;

    private ByteString encoded;

    RowNode(byte[] key, State state, StoredRow row, boolean joined) {
        this.key = key;
        this.state = state;
        this.joined = joined;
        hold(row);
    }

    private void hold(StoredRow newRow) {
        row = newRow;
        size = key.length + (newRow == null ? 0 : newRow.bytes().size());
    }

    boolean isKnown() {
        return state != State.UNKNOWN;
    }

    void set(StoredRow newRow) {
        state = State.of(newRow);
        hold(newRow);
        encoded = null;
    }

    /**
     * The row as an answer to a scan has it. Made once, because scans over the same rows are frequent, and in one piece,
     * because they wait for memory most of their time. The row itself is a part of it from then on.
     */
    ByteString encoded() {
        ByteString made = encoded;
        if (made == null) {
            StoredRow known = row;
            made = WireRow.encode(key, known.bytes(), known.version());
            row = new StoredRow(known.version(), WireRow.of(made).columns());
            encoded = made;
        }
        return made;
    }

    /** Bytes of key and row as they are sent. */
    int size() {
        return size;
    }

    /** Bytes of memory. */
    long bytes() {
        return OVERHEAD_BYTES + (long) size;
    }
}
