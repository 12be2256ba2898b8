package io.mds.region.store;

import io.mds.region.store.ShardRows.Known;
import io.mds.region.store.ShardRows.Page;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Rows of a shard in key order, and what is known of the gaps between them.
 *
 * <p>A node is a key with its row, a key known to have none, or the mere end of a known range. A node is <em>joined</em>
 * when no row of the shard lies between the node before it and itself.
 *
 * <p><em>Thread:</em> guarded by the lock of its {@link ShardRows}; finding and scanning change nothing.
 */
final class RowMap {
    private final TreeMap<byte[], RowNode> nodes = new TreeMap<>(Arrays::compareUnsigned);

    /** Whether no row comes after the last node. */
    private boolean endJoined;

    /** Where eviction goes on. */
    private byte[] hand;

    /** Bytes gained and lost since {@link #takeGrowth}. */
    private long growth;

    long takeGrowth() {
        long taken = growth;
        growth = 0;
        return taken;
    }

    /** What is known of a key; empty when only the database knows. */
    Optional<Known> find(byte[] key) {
        Map.Entry<byte[], RowNode> at = nodes.ceilingEntry(key);
        if (at == null) {
            return endJoined ? Optional.of(RowNode.NOTHING) : Optional.empty();
        }
        RowNode node = at.getValue();
        if (!Arrays.equals(node.key, key)) {
            return node.joined ? Optional.of(RowNode.NOTHING) : Optional.empty();
        }
        node.used = true;
        return node.isKnown()
                ? Optional.of(node.row == null ? RowNode.NOTHING : new Known(node.row))
                : Optional.empty();
    }

    /** The first rows of a range, when all that lies between them is known. An empty end is no bound. */
    Optional<Page> scanUp(byte[] start, byte[] end, PageCollector page) {
        boolean open = end.length == 0;
        NavigableMap<byte[], RowNode> range = open ? nodes.tailMap(start, true) : nodes.subMap(start, true, end, false);
        boolean first = true;
        for (RowNode node : range.values()) {
            boolean begins = first && Arrays.equals(node.key, start);
            first = false;
            if ((!begins && !node.joined) || !page.visit(node)) {
                return Optional.empty();
            }
            if (page.isFull()) {
                return Optional.of(page.end(false));
            }
        }
        return joinedBefore(open ? null : nodes.ceilingEntry(end)) ? Optional.of(page.end(true)) : Optional.empty();
    }

    /** Whether no row lies between a node and the one before it; null for the end of all. */
    private boolean joinedBefore(Map.Entry<byte[], RowNode> next) {
        return next == null ? endJoined : next.getValue().joined;
    }

    /** The last rows of a range, last first, when all that lies between them is known. An empty end is no bound. */
    Optional<Page> scanDown(byte[] start, byte[] end, PageCollector page) {
        Map.Entry<byte[], RowNode> above = end.length == 0 ? null : nodes.ceilingEntry(end);
        // Whether no row lies between the node that comes next and what was seen last.
        boolean joined = joinedBefore(above);
        NavigableMap<byte[], RowNode> below = end.length == 0 ? nodes : nodes.headMap(end, false);
        for (RowNode node : below.descendingMap().values()) {
            if (!joined) {
                return Optional.empty();
            }
            int order = Arrays.compareUnsigned(node.key, start);
            if (order < 0) {
                return Optional.of(page.end(true));
            }
            if (!page.visit(node)) {
                return Optional.empty();
            }
            if (page.isFull()) {
                return Optional.of(page.end(false));
            }
            if (order == 0) {
                return Optional.of(page.end(true));
            }
            joined = node.joined;
        }
        return joined ? Optional.of(page.end(true)) : Optional.empty();
    }

    /** The rows of a range, ascending: as they are known here, else as they were read. */
    List<RowInRange> merge(RangeRead read) {
        List<RowInRange> stored = read.rows();
        List<RowInRange> merged = new ArrayList<>(stored.size() + 8);
        int next = 0;
        for (RowNode node : range(read).values()) {
            if (!node.isKnown()) {
                continue;
            }
            int order = -1;
            while (next < stored.size()
                    && (order = Arrays.compareUnsigned(stored.get(next).key(), node.key)) < 0) {
                merged.add(stored.get(next++));
            }
            if (next < stored.size() && order == 0) {
                next++;
            }
            if (node.row != null) {
                merged.add(new RowInRange(node.key, node.row));
            }
        }
        merged.addAll(stored.subList(next, stored.size()));
        return merged;
    }

    private NavigableMap<byte[], RowNode> range(RangeRead read) {
        return read.to().length == 0
                ? nodes.tailMap(read.from(), true)
                : nodes.subMap(read.from(), true, read.to(), read.toIncluded());
    }

    /** Keeps what was read where nothing is known yet. */
    void learn(RangeRead read) {
        for (RowInRange row : read.rows()) {
            learn(row.key(), row.row());
        }
        // Where a row was read, or is known, this changes nothing.
        learn(read.from(), null);
        if (read.to().length > 0) {
            mark(read.to());
        }
        join(read.from(), read.to());
    }

    /** Makes sure that there is a node where a known range ends. */
    private void mark(byte[] key) {
        if (!nodes.containsKey(key)) {
            boolean joined = liesInJoinedGap(key);
            insert(new RowNode(key, joined ? RowNode.State.NO_ROW : RowNode.State.UNKNOWN, null, joined));
        }
    }

    private boolean liesInJoinedGap(byte[] key) {
        return joinedBefore(nodes.higherEntry(key));
    }

    private void join(byte[] from, byte[] to) {
        boolean open = to.length == 0;
        NavigableMap<byte[], RowNode> covered = open ? nodes.tailMap(from, false) : nodes.subMap(from, false, to, true);
        for (RowNode node : covered.values()) {
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

    /** Keeps a row, or the absence of one, when nothing is known of its key yet; returns what is known now. */
    RowNode learn(byte[] key, StoredRow row) {
        RowNode node = nodes.get(key);
        if (node == null) {
            node = new RowNode(key, RowNode.State.of(row), row, liesInJoinedGap(key));
            insert(node);
        } else if (!node.isKnown()) {
            set(node, row);
        }
        return node;
    }

    /** The node of a key, where all may be unknown. */
    RowNode nodeOf(byte[] key) {
        RowNode node = nodes.get(key);
        if (node == null) {
            node = new RowNode(key, RowNode.State.UNKNOWN, null, liesInJoinedGap(key));
            insert(node);
        }
        return node;
    }

    private void insert(RowNode node) {
        nodes.put(node.key, node);
        growth += node.bytes();
    }

    void set(RowNode node, StoredRow row) {
        growth -= node.bytes();
        node.set(row);
        growth += node.bytes();
    }

    private void remove(RowNode node) {
        nodes.remove(node.key);
        growth -= node.bytes();
        Map.Entry<byte[], RowNode> next = nodes.higherEntry(node.key);
        if (next == null) {
            endJoined = false;
        } else {
            next.getValue().joined = false;
        }
    }

    /**
     * Gives up clean nodes, in key order from where the last call stopped, until so many bytes are free or so many nodes
     * were looked at; returns how many bytes became free.
     */
    long evict(long wantedBytes, int maxVisited) {
        long freed = 0;
        for (int visited = 0; visited < maxVisited && freed < wantedBytes; visited++) {
            Map.Entry<byte[], RowNode> next = hand == null ? nodes.firstEntry() : nodes.higherEntry(hand);
            if (next == null) {
                hand = null;
                return freed;
            }
            hand = next.getKey();
            RowNode node = next.getValue();
            if (node.dirtyEpoch != 0) {
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
    }

    void clear() {
        for (RowNode node : nodes.values()) {
            growth -= node.bytes();
            node.dirtyEpoch = 0;
        }
        nodes.clear();
        endJoined = false;
    }
}
