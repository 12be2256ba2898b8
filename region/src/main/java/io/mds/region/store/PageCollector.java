package io.mds.region.store;

import com.google.protobuf.ByteString;
import io.mds.region.store.ShardRows.Page;
import io.mds.region.store.ShardRows.RowFilter;
import io.mds.table.WireRow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Collects the rows of a page from nodes in memory. It waits for memory more than it computes: of rows that are shown whole,
 * and pass without a filter, it looks at nothing but the nodes.
 */
final class PageCollector {
    private final List<ByteString> rows = new ArrayList<>();
    private final int maxRows;
    private final int maxBytes;
    private final int maxVisited;
    private final RowFilter filter;
    private final UnaryOperator<ByteString> projection;
    private RowNode last;
    private long bytes;
    private int visited;

    /**
     * @param maxVisited nodes looked at before memory gives up
     * @param projection what is shown of a row; null for all
     */
    PageCollector(int maxRows, int maxBytes, int maxVisited, RowFilter filter, UnaryOperator<ByteString> projection) {
        this.maxRows = maxRows;
        this.maxBytes = maxBytes;
        this.maxVisited = maxVisited;
        this.filter = filter;
        this.projection = projection;
    }

    /** False when memory cannot answer: nothing is known of the node, or too many were visited. */
    boolean visit(RowNode node) {
        if (!node.isKnown() || ++visited > maxVisited) {
            return false;
        }
        node.used = true;
        if (node.row != null && filter.accepts(node.key, node.row)) {
            rows.add(projection == null ? node.encoded() : projected(node));
            bytes += node.size();
            last = node;
        }
        return true;
    }

    private ByteString projected(RowNode node) {
        StoredRow row = node.row;
        return WireRow.encode(node.key, projection.apply(row.bytes()), row.version());
    }

    boolean isFull() {
        return rows.size() >= maxRows || bytes >= maxBytes;
    }

    Page end(boolean complete) {
        return new Page(rows, last == null ? null : last.key, complete);
    }
}
