package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.table.IndexRanges;
import java.util.List;
import java.util.Map;

/**
 * What the database told of rows that an index may lead to.
 *
 * @param start of the range of keys; empty for no bound
 * @param end not included; empty for no bound
 * @param limit rows wanted to be looked at
 * @param keys in the order asked for, at most as many as wanted
 * @param rows of these keys
 * @param complete whether there are no more keys in the range
 */
record IndexRead(
        IndexRanges.Plan plan,
        byte[] start,
        byte[] end,
        boolean reverse,
        int limit,
        List<byte[]> keys,
        Map<ByteString, StoredRow> rows,
        boolean complete) {
    /** So many rows are looked up by their keys rather than found in a scan, when the index does not give them in order. */
    static final int MAX_UNORDERED = 4_096;

    StoredRow row(byte[] key) {
        return rows.get(UnsafeByteOperations.unsafeWrap(key));
    }

    /** How many rows that the database does not have yet may have to be looked at. */
    int maxDirty() {
        return plan.isExact() ? limit : MAX_UNORDERED;
    }
}
