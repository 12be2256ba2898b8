package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.EncodedRow;
import io.mds.region.store.ShardJournal.Position;
import io.mds.table.KeyCodec;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
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
    private static final byte[] NO_BOUND = {};

    private final ShardId shard;
    private final Position position;
    private final ShardTable table;
    private final List<Long> journalIds;
    private final Database database;
    private final OpenCopies copies;

    /** Null when closed. */
    @GuardedBy("this")
    private Connection connection;

    @GuardedBy("this")
    private byte[] nextKey = NO_BOUND;

    @GuardedBy("this")
    private boolean rowsDone;

    @GuardedBy("this")
    private int journalRead;

    private JdbcShardCopy(
            ShardId shard,
            Position position,
            ShardTable table,
            List<Long> journalIds,
            Database database,
            OpenCopies copies,
            Connection connection) {
        this.shard = shard;
        this.position = position;
        this.table = table;
        this.journalIds = journalIds;
        this.database = database;
        this.copies = copies;
        this.connection = connection;
    }

    /** Called while no flush of the shard can commit; its place among the open copies is reserved, and goes to the copy. */
    static JdbcShardCopy open(
            ShardId shard,
            Position position,
            ShardTable table,
            List<Long> journalIds,
            Database database,
            OpenCopies copies) {
        Connection connection = database.beginCopy("begin a copy of shard " + shard, begun -> {
            table.touch(begun);
            ShardJournal.touch(begun);
        });
        JdbcShardCopy copy =
                new JdbcShardCopy(shard, position, table, List.copyOf(journalIds), database, copies, connection);
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
    public ViewNumber appliedView() {
        return new ViewNumber(position.appliedView());
    }

    @Override
    public long totalRows() {
        return position.rowCount();
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
        if (connection == null) {
            throw new StoreException("the copy of shard " + shard + " is closed", null);
        }
        boolean read = false;
        try {
            Page page = read(maxRows, maxBytes);
            if (page.last()) {
                close();
            }
            read = true;
            return page;
        } catch (SQLException e) {
            throw database.failure("read a copy of shard " + shard, e);
        } finally {
            if (!read) {
                close();
            }
        }
    }

    @GuardedBy("this")
    private Page read(int maxRows, int maxBytes) throws SQLException {
        List<EncodedRow> rows = new ArrayList<>();
        List<ByteString> requests = new ArrayList<>();
        long[] bytes = {0};
        if (!rowsDone) {
            boolean[] full = {false};
            int found = table.rowsFrom(connection, nextKey, maxRows, (key, row) -> {
                rows.add(EncodedRow.newBuilder()
                        .setKey(UnsafeByteOperations.unsafeWrap(key))
                        .setRow(row.bytes())
                        .setVersion(row.version())
                        .build());
                bytes[0] += key.length + row.bytes().size();
                full[0] = bytes[0] >= maxBytes;
                return !full[0];
            });
            rowsDone = !full[0] && found < maxRows;
            if (!rows.isEmpty()) {
                nextKey = KeyCodec.after(rows.get(rows.size() - 1).getKey().toByteArray());
            }
        }
        // Answers come in large pieces: in pages of their own, so that none is much above the limit.
        if (rowsDone && rows.isEmpty()) {
            while (journalRead < journalIds.size() && bytes[0] < maxBytes) {
                ByteString value = ShardJournal.value(connection, journalIds.get(journalRead++));
                if (!value.isEmpty()) {
                    requests.add(value);
                    bytes[0] += value.size();
                }
            }
        }
        return new Page(rows, requests, rowsDone && journalRead == journalIds.size());
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
