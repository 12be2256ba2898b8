package io.mds.region.store;

import io.mds.region.store.IndexTable.Entry;
import io.mds.table.IndexCodec;
import io.mds.table.IndexRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * What an index has of the dirty rows of a shard, in any state that they had since the flush before: who looks for rows by
 * the index finds here those that the database does not have yet, and looks at each, because it may have changed again.
 *
 * <p><em>Thread:</em> guarded by the lock of its {@link ShardRows}.
 */
final class DirtyEntries {
    private static final Comparator<Entry> ORDER = Comparator.comparing(Entry::encoded, Arrays::compareUnsigned)
            .thenComparing(Entry::key, Arrays::compareUnsigned);
    private static final long OVERHEAD_BYTES = 120;
    private static final byte[] NONE = {};

    private final IndexCodec codec;

    /** Since the last flush began. */
    private NavigableSet<Entry> changed = new TreeSet<>(ORDER);

    /** Of the flush under way. */
    private NavigableSet<Entry> flushing = new TreeSet<>(ORDER);

    private long bytes;

    DirtyEntries(IndexCodec codec) {
        this.codec = codec;
    }

    int id() {
        return codec.index().id();
    }

    /** Bytes that it takes. */
    long bytes() {
        return bytes;
    }

    /** @param rowOrNull null for a row that was deleted, which the index need not find */
    void add(byte[] key, StoredRow rowOrNull) {
        if (rowOrNull != null) {
            Entry entry = new Entry(codec.encode(key, rowOrNull.bytes()), key);
            if (changed.add(entry)) {
                bytes += bytesOf(entry);
            }
        }
    }

    private static long bytesOf(Entry entry) {
        return OVERHEAD_BYTES + entry.encoded().length;
    }

    void startFlush() {
        flushing = changed;
        changed = new TreeSet<>(ORDER);
    }

    void endFlush() {
        flushing = new TreeSet<>(ORDER);
        bytes = changed.stream().mapToLong(DirtyEntries::bytesOf).sum();
    }

    void failFlush() {
        changed.addAll(flushing);
        endFlush();
    }

    /**
     * Keys of rows within a range of keys that have, or had, such an entry: for one exact range the first ones, for others
     * any.
     *
     * @param end not included; empty for no bound
     * @return at most so many; a key may come several times
     */
    List<byte[]> find(List<IndexRange> ranges, byte[] start, byte[] end, boolean reverse, int limit) {
        List<byte[]> found = new ArrayList<>();
        for (IndexRange range : ranges) {
            find(changed, range, start, end, reverse, found.size() + limit, found);
            find(flushing, range, start, end, reverse, found.size() + limit, found);
        }
        return found;
    }

    private static void find(
            NavigableSet<Entry> entries,
            IndexRange range,
            byte[] start,
            byte[] end,
            boolean reverse,
            int upTo,
            List<byte[]> found) {
        NavigableSet<Entry> from = entries.tailSet(new Entry(range.start(), range.exact() ? start : NONE), true);
        NavigableSet<Entry> within = from;
        if (range.exact()) {
            byte[] last = end.length > 0 ? end : null;
            // After an exact encoding comes the same with anything behind it.
            within = last != null
                    ? from.headSet(new Entry(range.start(), last), false)
                    : from.headSet(new Entry(Arrays.copyOf(range.start(), range.start().length + 1), NONE), false);
        } else if (range.end().length > 0) {
            within = from.headSet(new Entry(range.end(), NONE), false);
        }
        for (Entry entry : reverse ? within.descendingSet() : within) {
            if (found.size() >= upTo) {
                return;
            }
            if (Arrays.compareUnsigned(entry.key(), start) >= 0
                    && (end.length == 0 || Arrays.compareUnsigned(entry.key(), end) < 0)) {
                found.add(entry.key());
            }
        }
    }
}
