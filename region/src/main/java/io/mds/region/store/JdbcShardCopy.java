package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.EncodedRow;
import io.mds.proto.KeyRange;
import io.mds.region.store.ShardJournal.Position;
import io.mds.table.KeyCodec;
import io.mds.table.TableSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A copy that is read from the database alone, in one transaction of a connection of its own.
 *
 * <p><em>Invariant:</em> the transaction began while no flush could commit, and sees the database as it was then: the rows,
 * the answers and the position of one flush.
 */
final class JdbcShardCopy implements ShardCopy {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcShardCopy.class);
    private static final long UNCOUNTED = -1;
    /** What a message adds to a row's key and bytes, at most. */
    private static final int ROW_OVERHEAD_BYTES = 24;

    private final ShardId shard;
    private final Position position;
    private final TableSchema schema;
    private final ShardTable table;
    private final byte[] end;
    private final List<Long> journalIds;
    private final Database database;
    private final OpenCopies copies;

    /** Null when closed. */
    @GuardedBy("this")
    private Connection connection;

    @GuardedBy("this")
    private byte[] nextKey;

    @GuardedBy("this")
    private long totalRows;

    @GuardedBy("this")
    private boolean rowsDone;

    @GuardedBy("this")
    private int journalRead;

    /** Of the value of the journal read last. */
    @GuardedBy("this")
    private final Deque<ByteString> requestsRead = new ArrayDeque<>();

    private JdbcShardCopy(
            ShardId shard,
            ShardContent copied,
            KeyRange range,
            Database database,
            OpenCopies copies,
            Connection connection) {
        this.shard = shard;
        this.position = copied.flushed().position();
        this.schema = copied.flushed().schema();
        this.table = copied.table();
        this.nextKey = range.getStart().toByteArray();
        this.end = range.getEnd().toByteArray();
        this.totalRows = nextKey.length == 0 && end.length == 0 ? position.rowCount() : UNCOUNTED;
        this.journalIds = List.copyOf(copied.journal().rowIds());
        this.database = database;
        this.copies = copies;
        this.connection = connection;
    }

    /** Called while no flush of the shard can commit; its place among the open copies is reserved, and goes to the copy. */
    static JdbcShardCopy open(
            ShardId shard, ShardContent copied, KeyRange range, Database database, OpenCopies copies) {
        Connection connection = database.beginCopy("begin a copy of shard " + shard, begun -> {
            copied.table().touch(begun);
            ShardJournal.touch(begun);
        });
        JdbcShardCopy copy = new JdbcShardCopy(shard, copied, range, database, copies, connection);
        copies.opened(copy);
        return copy;
    }

    @Override
    public ShardId shard() {
        return shard;
    }

    @Override
    public LogIndex appliedIndex() {
        return new LogIndex(position.appliedIndex());
    }

    @Override
    public TableSchema schema() {
        return schema;
    }

    @Override
    public ViewNumber appliedView() {
        return new ViewNumber(position.appliedView());
    }

    @Override
    public synchronized long totalRows() {
        if (totalRows == UNCOUNTED) {
            Connection open = requireOpen();
            boolean counted = false;
            try {
                totalRows = table.count(open, nextKey, end);
                counted = true;
            } catch (SQLException | RuntimeException e) {
                throw failure(e);
            } finally {
                if (!counted) {
                    close();
                }
            }
        }
        return totalRows;
    }

    private RuntimeException failure(Exception cause) {
        String what = "read a copy of shard " + shard;
        return cause instanceof SQLException sql
                ? database.failure(what, sql)
                : database.orDamage(what, (RuntimeException) cause);
    }

    @SuppressWarnings("ReferenceEquality") // a table is one object per generation of a shard
    boolean isOf(ShardTable other) {
        return table == other;
    }

    @Override
    public synchronized Page nextPage(int maxRows, int maxBytes) {
        if (maxRows < 1 || maxBytes < 1) {
            throw new IllegalArgumentException(
                    "a page of " + maxRows + " rows, " + maxBytes + " bytes (expected: more than 0)");
        }
        Connection open = requireOpen();
        boolean more = false;
        try {
            Page page = read(open, maxRows, maxBytes);
            more = !page.last();
            return page;
        } catch (SQLException | RuntimeException e) {
            throw failure(e);
        } finally {
            if (!more) {
                close();
            }
        }
    }

    @GuardedBy("this")
    private Connection requireOpen() {
        if (connection == null) {
            throw new StoreException("the copy of shard " + shard + " is closed", null);
        }
        return connection;
    }

    @GuardedBy("this")
    private Page read(Connection open, int maxRows, int maxBytes) throws SQLException {
        List<EncodedRow> rows = rowsDone ? List.of() : readRows(open, maxRows, maxBytes);
        List<ByteString> requests = new ArrayList<>();
        // Answers come in pages of their own, so that a page has no more bytes than it may.
        if (rowsDone && rows.isEmpty()) {
            long bytes = 0;
            while (loadRequests(open, maxBytes)
                    && (requests.isEmpty() || bytes + requestsRead.getFirst().size() <= maxBytes)) {
                ByteString next = requestsRead.removeFirst();
                requests.add(next);
                bytes += next.size();
            }
        }
        return new Page(rows, requests, rowsDone && requestsRead.isEmpty() && journalRead == journalIds.size());
    }

    @GuardedBy("this")
    private List<EncodedRow> readRows(Connection open, int maxRows, int maxBytes) throws SQLException {
        List<EncodedRow> rows = new ArrayList<>();
        long[] bytes = {0};
        boolean[] full = {false};
        int found = table.copy(open, nextKey, end, maxRows, (key, row) -> {
            bytes[0] += ROW_OVERHEAD_BYTES + key.length + row.bytes().size();
            full[0] = bytes[0] > maxBytes && !rows.isEmpty();
            if (!full[0]) {
                rows.add(EncodedRow.newBuilder()
                        .setKey(UnsafeByteOperations.unsafeWrap(key))
                        .setRow(row.bytes())
                        .setVersion(row.version())
                        .build());
            }
            return !full[0];
        });
        rowsDone = !full[0] && found < maxRows;
        if (!rows.isEmpty()) {
            nextKey = KeyCodec.after(rows.get(rows.size() - 1).getKey().toByteArray());
        }
        return rows;
    }

    /** Whether there are more answers. */
    @GuardedBy("this")
    private boolean loadRequests(Connection open, int maxBytes) throws SQLException {
        while (requestsRead.isEmpty() && journalRead < journalIds.size()) {
            ByteString value = ShardJournal.value(open, journalIds.get(journalRead++));
            requestsRead.addAll(RequestRecords.pieces(value, maxBytes));
        }
        return !requestsRead.isEmpty();
    }

    @Override
    public synchronized void close() {
        Connection open = connection;
        if (open == null) {
            return;
        }
        connection = null;
        try {
            database.endCopy(open);
        } catch (StoreException e) {
            LOG.warn("the copy of shard {} did not close in order: {}", shard, e.getMessage());
        } finally {
            copies.closed(this);
        }
    }
}
