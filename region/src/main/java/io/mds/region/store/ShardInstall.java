package io.mds.region.store;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.proto.EncodedRow;
import java.util.List;

/**
 * The rows of a shard on their way into the store, beside those that it has: nobody sees them until {@link #finish}.
 *
 * <p>A crash before the end leaves the shard as it was, and the next start removes what had come.
 *
 * <p><em>Thread:</em> any, one at a time. Blocks on the database.
 */
public interface ShardInstall extends AutoCloseable {
    /**
     * Adds a page of a {@link ShardCopy}. After a failure the install can only be closed.
     *
     * @throws IllegalArgumentException when the rows' keys do not ascend, within the page and from page to page
     * @throws StoreException when the database failed, or the install was closed
     */
    void add(List<EncodedRow> rows, List<ByteString> requests);

    /** Rows added so far. */
    long rows();

    /**
     * Puts what was added in the place of what the shard holds, as the effect of its log up to this entry. Durable when this
     * returns. Reads under way see either the old rows or the new; no entry is applied meanwhile.
     *
     * @return false when the shard has meanwhile applied more than this: nothing was changed
     * @throws IllegalArgumentException when there are not as many rows as there must be
     * @throws StoreException when the database failed: the shard is as it was, unless its applied index says that only
     *     making it durable failed
     * @throws io.mds.error.MdsException STALE_ROUTE when the shard was dropped
     */
    boolean finish(LogIndex appliedIndex, ViewNumber appliedView, long totalRows);

    /** Removes what was added, unless it was put in place. Never fails; closing twice is fine. */
    @Override
    void close();
}
