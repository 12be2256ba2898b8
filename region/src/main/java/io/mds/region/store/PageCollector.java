package io.mds.region.store;

import io.mds.proto.EncodedRow;
import io.mds.region.store.ShardRows.Page;
import io.mds.region.store.ShardRows.RowFilter;
import java.util.ArrayList;
import java.util.List;

/** Collects the rows of a page from nodes in memory. */
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
        if (node.row != null && filter.accepts(node.key, node.row.bytes())) {
            rows.add(node.encoded());
            bytes += node.key.length + node.row.bytes().size();
        }
        return true;
    }

    boolean isFull() {
        return rows.size() >= maxRows || bytes >= maxBytes;
    }

    Page end(boolean complete) {
        return new Page(rows, complete);
    }
}
