package io.mds.region.store;

import io.mds.region.store.CompletedReads.Chunk;
import io.mds.region.store.ShardRows.Known;
import io.mds.table.IndexCodec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What the indexes of a shard have of its dirty rows.
 *
 * <p><em>Thread:</em> guarded by the lock of its {@link ShardRows}.
 */
final class DirtyIndexes {
    private final List<DirtyEntries> indexes = new ArrayList<>();

    /** What was found by an index: no chunk when the index is of no use for this read. */
    record Found(Chunk chunkOrNull) {}

    /** Bytes that they take. */
    long bytes() {
        long sum = 0;
        for (DirtyEntries entries : indexes) {
            sum += entries.bytes();
        }
        return sum;
    }

    /** @param dirty all rows that are dirty now; no flush of them is under way */
    void keep(IndexCodec codec, List<RowNode> dirty) {
        forget(codec.index().id());
        DirtyEntries entries = new DirtyEntries(codec);
        dirty.forEach(node -> entries.add(node.key, node.row));
        indexes.add(entries);
    }

    void forget(int index) {
        indexes.removeIf(entries -> entries.id() == index);
    }

    void clear() {
        indexes.clear();
    }

    void add(RowChanges.Change change) {
        for (DirtyEntries entries : indexes) {
            entries.add(change.key(), change.after());
        }
    }

    void startFlush() {
        indexes.forEach(DirtyEntries::startFlush);
    }

    void endFlush() {
        indexes.forEach(DirtyEntries::endFlush);
    }

    void failFlush() {
        indexes.forEach(DirtyEntries::failFlush);
    }

    /**
     * Lays what an index led to in the database under the rows in memory: rows in the order asked for, to be looked at.
     *
     * @param known what memory knows of a key
     */
    Found complete(IndexRead read, Function<byte[], Optional<Known>> known) {
        for (DirtyEntries entries : indexes) {
            if (entries.id() == read.plan().codec().index().id()) {
                return complete(read, entries, known);
            }
        }
        return new Found(null);
    }

    private static Found complete(IndexRead read, DirtyEntries entries, Function<byte[], Optional<Known>> known) {
        int maxDirty = read.maxDirty();
        List<byte[]> dirty = entries.find(read.plan().ranges(), read.start(), read.end(), read.reverse(), maxDirty + 1);
        if (!read.plan().isExact() && dirty.size() > maxDirty) {
            return new Found(null);
        }
        Comparator<byte[]> order = Arrays::compareUnsigned;
        TreeSet<byte[]> keys = new TreeSet<>(read.reverse() ? order.reversed() : order);
        keys.addAll(read.keys());
        byte[] last = read.complete() ? null : keys.last();
        for (byte[] key : dirty) {
            // What lies behind the last key read is for the next read.
            if (last == null || keys.comparator().compare(key, last) <= 0) {
                keys.add(key);
            }
        }
        List<RowInRange> rows = new ArrayList<>();
        byte[] lookedAt = null;
        int visited = 0;
        for (byte[] key : keys) {
            if (visited == read.limit()) {
                return new Found(new Chunk(rows, lookedAt, false));
            }
            visited++;
            lookedAt = key;
            StoredRow row =
                    known.apply(key).orElseGet(() -> new Known(read.row(key))).rowOrNull();
            if (row != null) {
                rows.add(new RowInRange(key, row));
            }
        }
        return new Found(new Chunk(rows, lookedAt, read.complete()));
    }
}
