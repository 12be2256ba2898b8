package io.mds.region.store;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.EncodedRow;
import io.mds.table.TableSchema;
import java.util.List;

/**
 * A shard, or a range of it, as it was after one entry of its log, read page by page while the shard goes on.
 *
 * <p>It holds a connection of the database until it is closed or its last page is read, and keeps the database from
 * reusing the space of what has changed since: close it soon.
 *
 * <p><em>Thread:</em> any, one at a time; closing waits for the page under way. Blocks on the database.
 */
public interface ShardCopy extends AutoCloseable {
    ShardId shard();

    /** Index of the last entry that the copy includes. */
    LogIndex appliedIndex();

    /** View of that entry. */
    ViewNumber appliedView();

    /** As of that entry. */
    TableSchema schema();

    /** Rows of the whole copy; counted, when it is of a range, at the first call, before the first page. */
    long totalRows();

    /**
     * A part of the copy: all rows in the order of their keys, and then the remembered answers to clients, encoded as {@link
     * ShardInstall#add} takes them.
     *
     * @param last whether nothing comes after it
     */
    record Page(List<EncodedRow> rows, List<ByteString> requests, boolean last) {}

    /**
     * The next part, of at most so many rows and bytes; one row, or answer, comes even when it is larger.
     *
     * @throws StoreException when the database failed, or the copy was closed, also by the end of its shard
     */
    Page nextPage(int maxRows, int maxBytes);

    /** Never fails; closing twice is fine. */
    @Override
    void close();
}
