package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.proto.KeyRange;
import io.mds.region.store.DirtyIndexes.Found;
import io.mds.region.store.ShardIndexes.Access;
import io.mds.region.store.ShardRows.Known;
import io.mds.table.IndexRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;

/** Reads of the database, completed by what is in memory: the rows as they are now. Any thread; may block. */
final class CompletedReads {
    private static final int MAX_FREE_ATTEMPTS = 3;
    private static final Comparator<byte[]> ASCENDING = Arrays::compareUnsigned;
    private static final Comparator<byte[]> DESCENDING = ASCENDING.reversed();

    private final Database database;
    private final ShardTable table;
    private final ShardRows memory;
    private final Lock flushLock;

    /** @param flushLock held while a flush is under way */
    CompletedReads(Database database, ShardTable table, ShardRows memory, Lock flushLock) {
        this.database = database;
        this.table = table;
        this.memory = memory;
        this.flushLock = flushLock;
    }

    /**
     * Rows of one query.
     *
     * @param rows in the order asked for, as they are now
     * @param lastKey where the query ended, which may be at a row that is no more; null when it found none
     * @param complete whether the range ends there
     */
    record Chunk(List<RowInRange> rows, byte[] lastKey, boolean complete) {
        ByteString lastKeyBytes() {
            return UnsafeByteOperations.unsafeWrap(lastKey);
        }
    }

    /**
     * Repeats a read until no flush ended while it was under way; the last attempt is made while none can.
     *
     * @param read empty when it met the end of a flush
     */
    private <T> T untilComplete(Supplier<Optional<T>> read) {
        for (int attempt = 0; attempt < MAX_FREE_ATTEMPTS; attempt++) {
            Optional<T> result = read.get();
            if (result.isPresent()) {
                return result.get();
            }
        }
        flushLock.lock();
        try {
            return read.get().orElseThrow(() -> new IllegalStateException("a flush ended where none can be under way"));
        } finally {
            flushLock.unlock();
        }
    }

    /** What each of these keys has, at one moment. */
    List<Known> get(List<byte[]> keys) {
        return untilComplete(() -> {
            Optional<List<Known>> known = memory.findAll(keys);
            return known.isPresent() ? known : getStored(keys);
        });
    }

    private Optional<List<Known>> getStored(List<byte[]> keys) {
        long generation = memory.generation();
        Map<ByteString, StoredRow> found = new HashMap<>();
        database.read("get rows", connection -> {
            table.find(connection, keys, (key, row) -> {
                found.put(UnsafeByteOperations.unsafeWrap(key), row);
                return true;
            });
            return null;
        });
        List<StoredRow> rows = new ArrayList<>(keys.size());
        for (byte[] key : keys) {
            rows.add(found.get(UnsafeByteOperations.unsafeWrap(key)));
        }
        return memory.complete(generation, keys, rows);
    }

    /** Rows from the begin of a range, or from its end; they are kept in memory. */
    Chunk scan(KeyRange range, boolean reverse, int limit) {
        return untilComplete(() -> read(range, reverse, limit, false, true));
    }

    /**
     * Rows to be counted, from the begin of a range; they are not kept in memory, which a count would otherwise sweep.
     *
     * @param keysOnly leaves the rows' bytes out
     */
    Chunk sweep(KeyRange range, int limit, boolean keysOnly) {
        return untilComplete(() -> read(range, false, limit, keysOnly, false));
    }

    /**
     * Rows that an index leads to, within a range of keys, each of which is to be looked at.
     *
     * @return empty when there are so many that a scan is better, or the index is kept no more
     */
    Optional<Chunk> find(Access access, KeyRange range, boolean reverse, int limit) {
        return Optional.ofNullable(
                untilComplete(() -> findOnce(access, range, reverse, limit)).chunkOrNull());
    }

    private Optional<Found> findOnce(Access access, KeyRange range, boolean reverse, int limit) {
        long generation = memory.generation();
        IndexRead read = database.read("look into an index", connection -> {
            byte[] start = range.getStart().toByteArray();
            byte[] end = range.getEnd().toByteArray();
            List<byte[]> keys = new ArrayList<>();
            IndexTable index = access.index().table();
            for (IndexRange values : access.plan().ranges()) {
                if (access.plan().isExact()) {
                    index.keysAt(connection, values.start(), start, end, reverse, limit + 1, keys);
                } else {
                    index.keysIn(connection, values, start, end, IndexRead.MAX_UNORDERED + 1 - keys.size(), keys);
                }
            }
            if (!access.plan().isExact()) {
                if (keys.size() > IndexRead.MAX_UNORDERED) {
                    return null;
                }
                keys.sort(reverse ? DESCENDING : ASCENDING);
            }
            boolean complete = keys.size() <= limit;
            List<byte[]> first = complete ? keys : keys.subList(0, limit);
            Map<ByteString, StoredRow> found = new HashMap<>();
            table.find(connection, first, (key, row) -> {
                found.put(UnsafeByteOperations.unsafeWrap(key), row);
                return true;
            });
            return new IndexRead(access.plan(), start, end, reverse, limit, first, found, complete);
        });
        return read == null ? Optional.of(new Found(null)) : memory.complete(generation, read);
    }

    private Optional<Chunk> read(KeyRange range, boolean reverse, int limit, boolean keysOnly, boolean remember) {
        byte[] start = range.getStart().toByteArray();
        byte[] end = range.getEnd().toByteArray();
        long generation = memory.generation();
        List<RowInRange> read = new ArrayList<>();
        int found = database.read(
                "scan rows",
                connection -> table.range(connection, start, end, reverse, limit, keysOnly, (key, row) -> {
                    read.add(new RowInRange(key, row));
                    return true;
                }));
        boolean complete = found < limit;
        byte[] lastKey = read.isEmpty() ? null : read.get(read.size() - 1).key();
        if (reverse) {
            Collections.reverse(read);
        }
        RangeRead covered;
        if (complete) {
            covered = new RangeRead(read, start, end, false);
        } else if (reverse) {
            covered = new RangeRead(read, lastKey, end, false);
        } else {
            covered = new RangeRead(read, start, lastKey, true);
        }
        return memory.complete(generation, covered, remember).map(rows -> {
            if (reverse) {
                Collections.reverse(rows);
            }
            return new Chunk(rows, lastKey, complete);
        });
    }
}
