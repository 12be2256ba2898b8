package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.region.store.ShardChanges.Changed;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What is kept in a file of a stretch of a shard's log: these changes are all that its entries made.
 *
 * @param from entries after this one
 * @param upTo and up to this one
 * @param changes in the order of the log
 */
record ChangeRecord(ShardId shard, LogIndex from, LogIndex upTo, List<Changed> changes) {
    private static final int NO_ROW = -1;
    private static final int FIXED_BYTES = 3 * Long.BYTES + Integer.BYTES;
    private static final int CHANGE_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES;

    int bytes() {
        int sum = FIXED_BYTES;
        for (Changed each : changes) {
            sum += CHANGE_BYTES
                    + each.key().size()
                    + (each.rowOrNull() == null ? 0 : each.rowOrNull().size());
        }
        return sum;
    }

    void write(ByteBuffer to) {
        to.putLong(shard.value()).putLong(from.value()).putLong(upTo.value()).putInt(changes.size());
        for (Changed each : changes) {
            to.putLong(each.version()).putLong(each.timestampMillis());
            to.putInt(each.key().size());
            each.key().copyTo(to);
            if (each.rowOrNull() == null) {
                to.putInt(NO_ROW);
            } else {
                to.putInt(each.rowOrNull().size());
                each.rowOrNull().copyTo(to);
            }
        }
    }

    /** The bytes are copied. They are those that were written: a checksum said so. */
    static ChangeRecord read(ByteBuffer from) {
        ShardId shard = new ShardId(from.getLong());
        LogIndex after = new LogIndex(from.getLong());
        LogIndex upTo = new LogIndex(from.getLong());
        int count = from.getInt();
        List<Changed> changes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long version = from.getLong();
            long timestampMillis = from.getLong();
            ByteString key = bytes(from, from.getInt());
            int rowBytes = from.getInt();
            changes.add(new Changed(key, rowBytes == NO_ROW ? null : bytes(from, rowBytes), version, timestampMillis));
        }
        return new ChangeRecord(shard, after, upTo, changes);
    }

    private static ByteString bytes(ByteBuffer from, int size) {
        byte[] bytes = new byte[size];
        from.get(bytes);
        return UnsafeByteOperations.unsafeWrap(bytes);
    }
}
