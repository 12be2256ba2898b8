package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.proto.EncodedRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The rows of one shard that are in memory, in key order, together with what is known of the gaps between them: that a key
 * has no row, and that no row lies between two keys. Both gets and scans can therefore be answered from it.
 *
 * <p>A node of the map is a key with its row, a key known to have none, a key whose row is being changed, or the mere
 * end of a known range. A node is
 * <em>joined</em> when no row of the shard lies between the node before it and itself.
 *
 * <p><em>Invariant:</em> what a reader finds is the committed state, and once any reader has seen a change, no later reader
 * sees the state before it, whether they read here or in the database. Why this holds:
 *
 * <ul>
 *   <li>An apply first {@link #hide hides} the keys it changes: readers who want them go to the database. Then it commits,
 *       and only then {@link #publish publishes} the new rows, before it answers. So the old row is not served here once
 *       the new one can be seen in the database.
 *   <li>A read of the database that is to fill the cache announces itself by {@link #startFill} before its snapshot is
 *       taken. A publication spoils the announced fills that meet its keys. A fill whose snapshot is older than a commit
 *       was announced before the commit; if it ends before the publication, it finds the keys hidden and leaves them; if
 *       it ends after, it is spoiled. A fill announced after the publication has a snapshot that includes the commit.
 *   <li>A fill may claim that no row lies between two keys while a hidden key lies between them; the hidden node stays, and
 *       says what becomes of that key.
 *   <li>One apply at a time works on a shard.
 * </ul>
 *
 * <p><em>Thread:</em> any; the lock is held for work in memory only, so that event loops may read.
 */
final class ShardRowCache {
    private static final int NODE_OVERHEAD_BYTES = 240;

    private final RowCache whole;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    @GuardedBy("lock")
    private final TreeMap<byte[], Node> nodes = new TreeMap<>(Arrays::compareUnsigned);

    /** Whether no row comes after the last node. */
    @GuardedBy("lock")
    private boolean endJoined;

    @GuardedBy("lock")
    private final List<Fill> fills = new ArrayList<>();

    /** Where eviction goes on. */
    @GuardedBy("lock")
    private byte[] hand;

    @GuardedBy("lock")
    private boolean cleared;

    ShardRowCache(RowCache whole) {
        this.whole = whole;
    }

    private enum State {
        ROW,
        NO_ROW,
        /** Only marks the end of a range that is known. */
        UNKNOWN,
        /** Being changed by an apply. */
        HIDDEN
    }

    /** Fields are guarded by the cache's lock, but for the marks of use, whose races are harmless. */
    private static final class Node {
        private final byte[] key;
        private State state;
        private StoredRow row;
        private boolean joined;
        private boolean used;
        private EncodedRow encoded;

        Node(byte[] key, State state, StoredRow row, boolean joined) {
            this.key = key;
            this.state = state;
            this.row = row;
            this.joined = joined;
        }

        boolean isKnown() {
            return state == State.ROW || state == State.NO_ROW;
        }

        void set(StoredRow newRow) {
            state = newRow == null ? State.NO_ROW : State.ROW;
            row = newRow;
            encoded = null;
        }

        /** Made once, because scans over the same rows are frequent. */
        EncodedRow encoded() {
            EncodedRow made = encoded;
            if (made == null) {
                made = EncodedRow.newBuilder()
                        .setKey(UnsafeByteOperations.unsafeWrap(key))
                        .setRow(row.bytes())
                        .setVersion(row.version())
                        .build();
                encoded = made;
            }
            return made;
        }

        long bytes() {
            return NODE_OVERHEAD_BYTES
                    + (long) key.length
                    + (row == null ? 0 : row.bytes().size());
        }
    }

    /** A row, or the knowledge that there is none. */
    record Known(StoredRow rowOrNull) {}

    /** Rows found, and whether the range ends after them. */
    record Page(List<EncodedRow> rows, boolean complete) {}

    /** A read of the database that will fill the cache. Its bounds are those of a range, or it names single keys. */
    static final class Fill {
        private final byte[] start;
        private final byte[] end;
        private final List<byte[]> keys;
        private boolean spoiled;

        private Fill(byte[] start, byte[] end, List<byte[]> keys) {
            this.start = start;
            this.end = end;
            this.keys = keys;
        }

        private boolean meets(byte[] key) {
            if (keys == null) {
                return Arrays.compareUnsigned(key, start) >= 0
                        && (end.length == 0 || Arrays.compareUnsigned(key, end) < 0);
            }
            for (byte[] each : keys) {
                if (Arrays.equals(each, key)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** What is known of a key; empty when only the database knows. */
    Optional<Known> find(byte[] key) {
        lock.readLock().lock();
        try {
            Map.Entry<byte[], Node> at = nodes.ceilingEntry(key);
            if (at == null) {
                return endJoined ? Optional.of(new Known(null)) : Optional.empty();
            }
            Node node = at.getValue();
            if (!Arrays.equals(node.key, key)) {
                return node.joined ? Optional.of(new Known(null)) : Optional.empty();
            }
            node.used = true;
            return node.isKnown() ? Optional.of(new Known(node.row)) : Optional.empty();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Decides which rows a scan returns. */
    interface RowFilter {
        boolean accepts(byte[] key, ByteString row);
    }

    /**
     * The first rows of a range, when all that lies between them is known.
     *
     * @param end empty for no bound
     * @param maxVisited nodes looked at before the cache gives up
     */
    Optional<Page> scan(
            byte[] start, byte[] end, boolean reverse, int maxRows, int maxBytes, int maxVisited, RowFilter filter) {
        lock.readLock().lock();
        try {
            return reverse
                    ? scanDown(start, end, maxRows, maxBytes, maxVisited, filter)
                    : scanUp(start, end, maxRows, maxBytes, maxVisited, filter);
        } finally {
            lock.readLock().unlock();
        }
    }

    @GuardedBy("lock")
    private Optional<Page> scanUp(
            byte[] start, byte[] end, int maxRows, int maxBytes, int maxVisited, RowFilter filter) {
        Collector found = new Collector(maxRows, maxBytes, filter);
        int visited = 0;
        boolean first = true;
        for (Node node : nodes.tailMap(start, true).values()) {
            boolean begins = first && Arrays.equals(node.key, start);
            if (!begins && !node.joined) {
                return Optional.empty();
            }
            first = false;
            if (end.length > 0 && Arrays.compareUnsigned(node.key, end) >= 0) {
                return Optional.of(found.page(true));
            }
            if (!node.isKnown() || ++visited > maxVisited) {
                return Optional.empty();
            }
            if (found.add(node)) {
                return Optional.of(found.page(false));
            }
        }
        return endJoined ? Optional.of(found.page(true)) : Optional.empty();
    }

    @GuardedBy("lock")
    private Optional<Page> scanDown(
            byte[] start, byte[] end, int maxRows, int maxBytes, int maxVisited, RowFilter filter) {
        Collector found = new Collector(maxRows, maxBytes, filter);
        Node above = end.length == 0 ? null : valueOf(nodes.ceilingEntry(end));
        // Whether no row lies between the node that comes next and what was seen last.
        boolean joined = above == null ? endJoined : above.joined;
        NavigableMap<byte[], Node> below = end.length == 0 ? nodes : nodes.headMap(end, false);
        int visited = 0;
        for (Node node : below.descendingMap().values()) {
            if (!joined) {
                return Optional.empty();
            }
            int order = Arrays.compareUnsigned(node.key, start);
            if (order < 0) {
                return Optional.of(found.page(true));
            }
            if (!node.isKnown() || ++visited > maxVisited) {
                return Optional.empty();
            }
            if (found.add(node)) {
                return Optional.of(found.page(false));
            }
            if (order == 0) {
                return Optional.of(found.page(true));
            }
            joined = node.joined;
        }
        return joined ? Optional.of(found.page(true)) : Optional.empty();
    }

    private static Node valueOf(Map.Entry<byte[], Node> entry) {
        return entry == null ? null : entry.getValue();
    }

    /** Collects the rows of a page. */
    private static final class Collector {
        private final List<EncodedRow> rows = new ArrayList<>();
        private final int maxRows;
        private final int maxBytes;
        private final RowFilter filter;
        private long bytes;

        Collector(int maxRows, int maxBytes, RowFilter filter) {
            this.maxRows = maxRows;
            this.maxBytes = maxBytes;
            this.filter = filter;
        }

        /** Whether the page is full with this node. */
        boolean add(Node node) {
            node.used = true;
            if (node.state == State.ROW && filter.accepts(node.key, node.row.bytes())) {
                rows.add(node.encoded());
                bytes += node.key.length + node.row.bytes().size();
            }
            return rows.size() >= maxRows || bytes >= maxBytes;
        }

        Page page(boolean complete) {
            return new Page(rows, complete);
        }
    }

    /** Announces a read of single keys; must be ended or abandoned. */
    Fill startFill(List<byte[]> keys) {
        return register(new Fill(null, null, keys));
    }

    /** Announces a read of a range; must be ended or abandoned. An empty end is no bound. */
    Fill startFill(byte[] start, byte[] end) {
        return register(new Fill(start, end, null));
    }

    private Fill register(Fill fill) {
        if (whole.isEnabled()) {
            lock.writeLock().lock();
            try {
                fills.add(fill);
            } finally {
                lock.writeLock().unlock();
            }
        }
        return fill;
    }

    /** Ends a fill that read nothing. */
    void abandon(Fill fill) {
        lock.writeLock().lock();
        try {
            fills.remove(fill);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Ends a fill of single keys with what was read: a row, or null, for each. */
    void endFill(Fill fill, List<byte[]> keys, List<StoredRow> rows) {
        if (!whole.isEnabled()) {
            return;
        }
        lock.writeLock().lock();
        try {
            fills.remove(fill);
            if (!fill.spoiled && !cleared) {
                for (int i = 0; i < keys.size(); i++) {
                    learn(keys.get(i), rows.get(i));
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
        whole.shrinkToBound();
    }

    /**
     * Ends a fill of a range with the rows read: all that there are from one key on, up to another.
     *
     * @param keys ascending
     * @param from the first key that the read covered
     * @param to either the last of the keys read, or the first key that was not covered, or empty for no bound
     */
    void endFill(Fill fill, List<byte[]> keys, List<StoredRow> rows, byte[] from, byte[] to) {
        if (!whole.isEnabled()) {
            return;
        }
        lock.writeLock().lock();
        try {
            fills.remove(fill);
            if (!fill.spoiled && !cleared) {
                for (int i = 0; i < keys.size(); i++) {
                    learn(keys.get(i), rows.get(i));
                }
                // Where a row was read, or is known, this changes nothing.
                learn(from, null);
                if (to.length > 0) {
                    mark(to);
                }
                join(from, to);
            }
        } finally {
            lock.writeLock().unlock();
        }
        whole.shrinkToBound();
    }

    /** Makes sure that there is a node where a known range ends. */
    @GuardedBy("lock")
    private void mark(byte[] key) {
        if (!nodes.containsKey(key)) {
            boolean joined = liesInJoinedGap(key);
            insert(new Node(key, joined ? State.NO_ROW : State.UNKNOWN, null, joined));
        }
    }

    @GuardedBy("lock")
    private boolean liesInJoinedGap(byte[] key) {
        Map.Entry<byte[], Node> next = nodes.higherEntry(key);
        return next == null ? endJoined : next.getValue().joined;
    }

    @GuardedBy("lock")
    private void join(byte[] from, byte[] to) {
        boolean open = to.length == 0;
        NavigableMap<byte[], Node> covered = open ? nodes.tailMap(from, false) : nodes.subMap(from, false, to, true);
        for (Node node : covered.values()) {
            node.joined = true;
        }
        if (open) {
            endJoined = true;
        }
        if (from.length == 0) {
            // Nothing can come before the empty key.
            nodes.firstEntry().getValue().joined = true;
        }
    }

    @GuardedBy("lock")
    private void learn(byte[] key, StoredRow row) {
        Node node = nodes.get(key);
        if (node == null) {
            insert(new Node(key, row == null ? State.NO_ROW : State.ROW, row, liesInJoinedGap(key)));
        } else if (node.state == State.UNKNOWN) {
            change(node, row);
        }
    }

    @GuardedBy("lock")
    private void change(Node node, StoredRow row) {
        long before = node.bytes();
        node.set(row);
        whole.grew(node.bytes() - before);
    }

    /** An apply is about to commit changes of these keys. */
    void hide(List<RowChanges.Change> changes) {
        if (!whole.isEnabled()) {
            return;
        }
        lock.writeLock().lock();
        try {
            for (RowChanges.Change change : changes) {
                Node node = nodes.get(change.key());
                if (node == null) {
                    insert(new Node(change.key(), State.HIDDEN, null, liesInJoinedGap(change.key())));
                } else {
                    node.state = State.HIDDEN;
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The apply has committed. */
    void publish(List<RowChanges.Change> changes) {
        if (!whole.isEnabled()) {
            return;
        }
        lock.writeLock().lock();
        try {
            for (RowChanges.Change change : changes) {
                spoilFills(change.key());
                Node node = nodes.get(change.key());
                if (node != null) {
                    change(node, change.after());
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
        whole.shrinkToBound();
    }

    /** The apply failed, and it may be unknown whether it committed: nothing is known of these keys any more. */
    void giveUp(List<RowChanges.Change> changes) {
        if (!whole.isEnabled()) {
            return;
        }
        lock.writeLock().lock();
        try {
            for (RowChanges.Change change : changes) {
                spoilFills(change.key());
                Node node = nodes.get(change.key());
                if (node != null) {
                    remove(node);
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    @GuardedBy("lock")
    private void spoilFills(byte[] key) {
        for (Fill fill : fills) {
            if (!fill.spoiled && fill.meets(key)) {
                fill.spoiled = true;
            }
        }
    }

    @GuardedBy("lock")
    private void insert(Node node) {
        nodes.put(node.key, node);
        whole.grew(node.bytes());
    }

    @GuardedBy("lock")
    private void remove(Node node) {
        nodes.remove(node.key);
        whole.grew(-node.bytes());
        Map.Entry<byte[], Node> next = nodes.higherEntry(node.key);
        if (next == null) {
            endJoined = false;
        } else {
            next.getValue().joined = false;
        }
    }

    /**
     * Gives up nodes, in key order from where the last call stopped, until so many bytes are free or so many nodes were
     * looked at; returns how many bytes became free.
     */
    long evict(long wantedBytes, int maxVisited) {
        lock.writeLock().lock();
        try {
            long freed = 0;
            for (int visited = 0; visited < maxVisited && freed < wantedBytes; visited++) {
                Map.Entry<byte[], Node> next = hand == null ? nodes.firstEntry() : nodes.higherEntry(hand);
                if (next == null) {
                    hand = null;
                    return freed;
                }
                hand = next.getKey();
                Node node = next.getValue();
                if (node.state == State.HIDDEN) {
                    continue;
                }
                if (node.used) {
                    node.used = false;
                } else {
                    freed += node.bytes();
                    remove(node);
                }
            }
            return freed;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Forgets everything, for good: the shard is dropped. */
    void clear() {
        lock.writeLock().lock();
        try {
            cleared = true;
            endJoined = false;
            for (Node node : nodes.values()) {
                whole.grew(-node.bytes());
            }
            nodes.clear();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
