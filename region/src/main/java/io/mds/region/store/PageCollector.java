package io.mds.region.store;

import io.mds.proto.EncodedRow;
import io.mds.region.store.ShardRows.Page;
import io.mds.region.store.ShardRows.RowFilter;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the rows of a page from nodes in memory. It waits for memory more than it computes: without a filter it looks at
 * nothing but the nodes.
 */
final class PageCollector {
    private final List<EncodedRow> rows = new ArrayList<>();
    private final int maxRows;
    private final int maxBytes;
    private final int maxVisited;
    private final RowFilter filter;
    private long bytes;
    private int visited;

    PageCollector(int maxRows, int maxBytes, int maxVisited, RowFilter filter) {
        this.maxRows = maxRows;
        this.maxBytes = maxBytes;
        this.maxVisited = maxVisited;
        this.filter = filter;
    }

    /** False when memory cannot answer: nothing is known of the node, or too many were visited. */
    boolean visit(RowNode node) {
        if (!node.isKnown() || ++visited > maxVisited) {
            return false;
        }
        node.used = true;
        if (node.row != null && accepts(node)) {
            rows.add(node.encoded());
            bytes += node.size();
        }
        return true;
    }

    private boolean accepts(RowNode node) {
        return filter == RowFilter.EVERY_ROW || filter.accepts(node.key, node.row.bytes());
    }

    boolean isFull() {
        return rows.size() >= maxRows || bytes >= maxBytes;
    }

    /**
     * The page. Its rows are spread over memory, and whoever encodes it waits for one after the other; a look at all of them
     * beforehand, where no look needs the one before, waits for many at a time.
     */
    Page end(boolean complete) {
        long found = 0;
        for (EncodedRow row : rows) {
            found += row.getRow().size();
        }
        for (EncodedRow row : rows) {
            found += row.getKey().size();
        }
        if (found != bytes) {
            throw new IllegalStateException("rows of " + found + " bytes in a page of " + bytes);
        }
        return new Page(rows, complete);
    }
}
