package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.table.IndexCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The rows of one shard that are in memory, in key order, together with what is known of the gaps between them: that a key
 * has no row, and that no row lies between two keys. Gets and scans alike can be answered from it.
 *
 * <p>Some of the rows are <em>dirty</em>: applied, and not in the database yet. A row of the shard is what memory says, or,
 * where memory says nothing, what the database says. Applying changes memory alone; a flush makes the database say what
 * memory said when the flush began, and changes no row.
 *
 * <p><em>Invariant:</em> readers find the state after some whole number of applied entries, and never an older one than a
 * reader before them. What is found in memory is read under the lock, and so is of one moment. A read of the database notes
 * the {@link #generation} first, and afterwards lays what it read under what memory then says. The database changes only by
 * flushes, whose rows stay in memory, dirty, until the flush has committed; when they become clean, and so may be evicted,
 * the generation grows. So when it is still the same, every row in which the database read may be behind is in memory, and
 * the two together are the state of that moment; when it is not, the read is made again.
 *
 * <p><em>Thread:</em> any; the lock is held for work in memory only, so that event loops may read.
 */
final class ShardRows {
    private final RowMemory whole;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    @GuardedBy("lock")
    private final RowMap map = new RowMap();

    /** Nodes changed since the last flush began. */
    @GuardedBy("lock")
    private List<RowNode> changed = new ArrayList<>();

    /** Counts flushes begun, from 1; a node dirty since flush n began has dirtyEpoch n. */
    @GuardedBy("lock")
    private long epoch = 1;

    /** Set for good when the shard's rows are no longer kept here. */
    @GuardedBy("lock")
    private boolean cleared;

    /** Of the indexes that are kept. */
    @GuardedBy("lock")
    private final DirtyIndexes indexes = new DirtyIndexes();

    private final AtomicLong generation = new AtomicLong();
    private final AtomicLong dirtyBytes = new AtomicLong();

    ShardRows(RowMemory whole) {
        this.whole = whole;
    }

    /** A row, or the knowledge that there is none. */
    record Known(StoredRow rowOrNull) {}

    /**
     * Rows found, as an answer has them, and whether the range ends after them.
     *
     * @param lastKey null when there are none
     */
    record Page(List<ByteString> rows, byte[] lastKey, boolean complete) {}

    /** A row to be flushed: to be deleted when null. */
    record DirtyRow(RowNode node, StoredRow rowOrNull) {
        byte[] key() {
            return node.key;
        }
    }

    /** Decides which rows a scan returns. */
    interface RowFilter {
        boolean accepts(byte[] key, StoredRow row);
    }

    /** Bytes that the next flush writes. Never blocks. */
    long dirtyBytes() {
        return dirtyBytes.get();
    }

    /** What is known of a key; empty when only the database knows. */
    Optional<Known> find(byte[] key) {
        lock.readLock().lock();
        try {
            return map.find(key);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** What is known of several keys at one moment; empty when only the database knows of any of them. */
    Optional<List<Known>> findAll(List<byte[]> keys) {
        lock.readLock().lock();
        try {
            List<Known> found = new ArrayList<>(keys.size());
            for (byte[] key : keys) {
                Optional<Known> known = map.find(key);
                if (known.isEmpty()) {
                    return Optional.empty();
                }
                found.add(known.get());
            }
            return Optional.of(found);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * The first rows of a range, when all that lies between them is known.
     *
     * @param end empty for no bound
     * @param page a new one
     */
    Optional<Page> scan(byte[] start, byte[] end, boolean reverse, PageCollector page) {
        lock.readLock().lock();
        try {
            return reverse ? map.scanDown(start, end, page) : map.scanUp(start, end, page);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** To be noted before a read of the database, and given back with what was read. */
    long generation() {
        return generation.get();
    }

    /**
     * Lays rows read from the database under those in memory, and remembers them.
     *
     * @param rows a row, or null, for each key
     * @return what each key has now; empty when the read must be made again
     */
    Optional<List<Known>> complete(long readGeneration, List<byte[]> keys, List<StoredRow> rows) {
        List<Known> found = new ArrayList<>(keys.size());
        lock.writeLock().lock();
        try {
            requireCurrent();
            if (readGeneration != generation.get()) {
                return Optional.empty();
            }
            for (int i = 0; i < keys.size(); i++) {
                StoredRow row = map.learn(keys.get(i), rows.get(i)).row;
                found.add(row == null ? RowNode.NOTHING : new Known(row));
            }
            whole.grew(map.takeGrowth(), 0);
        } finally {
            lock.writeLock().unlock();
        }
        whole.shrinkToBound();
        return Optional.of(found);
    }

    /**
     * Lays a range read from the database under the rows in memory.
     *
     * @param remember whether to keep in memory what was read
     * @return the rows of the range now, ascending; empty when the read must be made again
     */
    Optional<List<RowInRange>> complete(long readGeneration, RangeRead read, boolean remember) {
        Optional<List<RowInRange>> merged;
        lock.writeLock().lock();
        try {
            requireCurrent();
            if (readGeneration != generation.get()) {
                return Optional.empty();
            }
            merged = Optional.of(map.merge(read));
            if (remember) {
                map.learn(read);
                whole.grew(map.takeGrowth(), 0);
            }
        } finally {
            lock.writeLock().unlock();
        }
        whole.shrinkToBound();
        return merged;
    }

    /** Keeps an index from now on. No flush is under way: all that is dirty has changed since the last one. */
    void keep(IndexCodec codec) {
        lock.writeLock().lock();
        try {
            long before = indexes.bytes();
            indexes.keep(codec, changed);
            grewBy(0, 0, before);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Keeps an index no more. */
    void forget(int index) {
        lock.writeLock().lock();
        try {
            long before = indexes.bytes();
            indexes.forget(index);
            grewBy(0, 0, before);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Rows and entries of indexes take so much more, and so much more of it is dirty. */
    @GuardedBy("lock")
    private void grewBy(long by, long byDirty, long indexesBefore) {
        long byIndexes = indexes.bytes() - indexesBefore;
        dirtyBytes.addAndGet(byDirty + byIndexes);
        whole.grew(by + byIndexes, byDirty + byIndexes);
    }

    /** What an index leads to, as it is at this moment; empty when the read must be made again. */
    Optional<DirtyIndexes.Found> complete(long readGeneration, IndexRead read) {
        lock.readLock().lock();
        try {
            requireCurrent();
            return readGeneration == generation.get()
                    ? Optional.of(indexes.complete(read, map::find))
                    : Optional.empty();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** What a batch of entries leaves; seen by readers all at once. */
    void apply(List<RowChanges.Change> changes) {
        lock.writeLock().lock();
        try {
            long indexesBefore = indexes.bytes();
            long dirtied = 0;
            for (RowChanges.Change change : changes) {
                indexes.add(change);
                RowNode node = map.nodeOf(change.key());
                dirtied -= node.dirtyEpoch == 0 ? 0 : node.bytes();
                map.set(node, change.after());
                dirtied += node.bytes();
                if (node.dirtyEpoch != epoch) {
                    node.dirtyEpoch = epoch;
                    changed.add(node);
                }
            }
            grewBy(map.takeGrowth(), dirtied, indexesBefore);
        } finally {
            lock.writeLock().unlock();
        }
        whole.shrinkToBound();
    }

    /** Begins a flush: the dirty rows as they are now. One flush at a time. */
    List<DirtyRow> startFlush() {
        lock.writeLock().lock();
        try {
            List<DirtyRow> dirty = new ArrayList<>(changed.size());
            for (RowNode node : changed) {
                dirty.add(new DirtyRow(node, node.row));
            }
            changed = new ArrayList<>();
            epoch++;
            indexes.startFlush();
            return dirty;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The flush has committed: what was not changed since it began is clean. */
    void endFlush(List<DirtyRow> flushed) {
        lock.writeLock().lock();
        try {
            long cleaned = 0;
            for (DirtyRow row : flushed) {
                RowNode node = row.node();
                if (node.dirtyEpoch == epoch - 1) {
                    node.dirtyEpoch = 0;
                    cleaned += node.bytes();
                }
            }
            long indexesBefore = indexes.bytes();
            indexes.endFlush();
            grewBy(0, -cleaned, indexesBefore);
            generation.incrementAndGet();
        } finally {
            lock.writeLock().unlock();
        }
        whole.shrinkToBound();
    }

    /** The flush failed: its rows are for the next one. */
    void failFlush(List<DirtyRow> notFlushed) {
        lock.writeLock().lock();
        try {
            for (DirtyRow row : notFlushed) {
                if (row.node().dirtyEpoch == epoch - 1) {
                    row.node().dirtyEpoch = epoch;
                    changed.add(row.node());
                }
            }
            indexes.failFlush();
            // It may have committed all the same; a read that met the change is made again.
            generation.incrementAndGet();
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Gives up clean rows until so many bytes are free or so many were looked at; returns how many became free. */
    long evict(long wantedBytes, int maxVisited) {
        lock.writeLock().lock();
        try {
            long freed = map.evict(wantedBytes, maxVisited);
            whole.grew(map.takeGrowth(), 0);
            return freed;
        } finally {
            lock.writeLock().unlock();
        }
    }

    @GuardedBy("lock")
    private void requireCurrent() {
        if (cleared) {
            throw new StoreException("the shard's rows were dropped or replaced while they were read", null);
        }
    }

    /** Gives back all memory, for good: the shard is dropped, or has other rows now. */
    void clear() {
        lock.writeLock().lock();
        try {
            cleared = true;
            map.clear();
            changed = new ArrayList<>();
            long indexesBefore = indexes.bytes();
            indexes.clear();
            whole.grew(map.takeGrowth() - indexesBefore, -dirtyBytes.getAndSet(0));
            generation.incrementAndGet();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
