package io.mds.region.store;

import com.google.protobuf.ByteString;
import io.mds.id.ShardId;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the database holds of a shard beside its rows: how far it is applied, and the answers given to clients.
 *
 * <p>Each batch adds one row to mds_journal, with its applied index and the answers it gave, because adding a row at the end
 * of a table is the cheapest thing that a database does; now and then the rows of a shard are replaced by one state of all
 * answers. The last row says how far the shard is applied.
 *
 * <p><em>Thread:</em> confined to the thread that applies.
 */
final class ShardJournal {
    private static final int MAX_VALUE_BYTES = 512 * 1024;
    private static final int MIN_BYTES_BEFORE_COMPACTION = 64 * 1024;
    private static final int MAX_ROWS_BEFORE_COMPACTION = 1_000;
    private static final int PAGE_ROWS = 1_000;

    private static final String INSERT = "INSERT INTO mds_journal"
            + " (id, shard_id, applied_index, applied_view, row_count, requests) VALUES (?, ?, ?, ?, ?, ?)";
    private static final String DELETE = "DELETE FROM mds_journal WHERE id = ?";
    private static final String SELECT_PAGE = "SELECT id, shard_id, applied_index, applied_view, row_count, requests"
            + " FROM mds_journal WHERE id > ? ORDER BY id LIMIT " + PAGE_ROWS;
    private static final String SELECT_SHARD = "SELECT id, shard_id, applied_index, applied_view, row_count, requests"
            + " FROM mds_journal WHERE shard_id = ? ORDER BY id";

    private final ShardId shard;
    private final AtomicLong ids;
    private final RequestRecords requests = new RequestRecords();
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    /** Values that are full and go before what is pending. */
    private final List<byte[]> full = new ArrayList<>();

    private List<Long> rowIds = new ArrayList<>();
    private long journalBytes;
    private Position position = Position.START;

    /** How far a shard is applied, and how many rows it then has. */
    record Position(long appliedIndex, long appliedView, long rowCount) {
        static final Position START = new Position(0, 0, 0);
    }

    /** @param ids gives ids to new rows of all shards, ascending */
    ShardJournal(ShardId shard, AtomicLong ids) {
        this.shard = shard;
        this.ids = ids;
    }

    /** Reads the journals of all shards; ids of shards that are not wanted are returned as of no use. */
    static List<Long> loadAll(Connection connection, Map<ShardId, ShardJournal> journals, AtomicLong ids)
            throws SQLException {
        List<Long> useless = new ArrayList<>();
        Map<Long, ShardJournal> byId = new HashMap<>();
        journals.forEach((id, journal) -> byId.put(id.value(), journal));
        long last = 0;
        int read = PAGE_ROWS;
        while (read == PAGE_ROWS) {
            read = 0;
            try (PreparedStatement select = connection.prepareStatement(SELECT_PAGE)) {
                select.setLong(1, last);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        read++;
                        last = rows.getLong(1);
                        ShardJournal journal = byId.get(rows.getLong(2));
                        if (journal == null) {
                            useless.add(last);
                        } else {
                            journal.load(rows);
                        }
                    }
                }
            }
        }
        ids.set(last);
        return useless;
    }

    /** Forgets what is in memory and reads it again. */
    void reload(Connection connection) throws SQLException {
        requests.clear();
        pending.reset();
        full.clear();
        rowIds = new ArrayList<>();
        journalBytes = 0;
        position = Position.START;
        try (PreparedStatement select = connection.prepareStatement(SELECT_SHARD)) {
            select.setLong(1, shard.value());
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    load(rows);
                }
            }
        }
    }

    private void load(ResultSet row) throws SQLException {
        byte[] encoded = row.getBytes(6);
        rowIds.add(row.getLong(1));
        journalBytes += encoded.length;
        position = new Position(row.getLong(3), row.getLong(4), row.getLong(5));
        requests.readAll(encoded);
    }

    Position position() {
        return position;
    }

    RequestRecords requests() {
        return requests;
    }

    /** To be written with the batch under way. */
    void note(ByteString encodedRecord) {
        if (pending.size() + encodedRecord.size() > MAX_VALUE_BYTES) {
            full.add(pending.toByteArray());
            pending.reset();
        }
        byte[] bytes = encodedRecord.toByteArray();
        pending.write(bytes, 0, bytes.length);
    }

    /** Adds what was noted to the transaction, at this new position. */
    void write(Connection connection, Position to) throws SQLException {
        boolean compact = rowIds.size() >= MAX_ROWS_BEFORE_COMPACTION
                || journalBytes + pending.size() > Math.max(MIN_BYTES_BEFORE_COMPACTION, 2 * requests.bytes());
        if (compact) {
            delete(connection, rowIds);
            rowIds = new ArrayList<>();
            journalBytes = 0;
            pending.reset();
            full.clear();
            requests.writeAll(this::note);
        }
        full.add(pending.toByteArray());
        pending.reset();
        insert(connection, to, full);
        full.clear();
        position = to;
    }

    private void insert(Connection connection, Position to, List<byte[]> values) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            for (byte[] value : values) {
                long id = ids.incrementAndGet();
                insert.setLong(1, id);
                insert.setLong(2, shard.value());
                insert.setLong(3, to.appliedIndex());
                insert.setLong(4, to.appliedView());
                insert.setLong(5, to.rowCount());
                insert.setBytes(6, value);
                insert.executeUpdate();
                rowIds.add(id);
                journalBytes += value.length;
            }
        }
    }

    /** Removes the journal, with its shard. */
    void deleteAll(Connection connection) throws SQLException {
        delete(connection, rowIds);
    }

    static void delete(Connection connection, List<Long> ids) throws SQLException {
        if (ids.isEmpty()) {
            return;
        }
        try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
            for (long id : ids) {
                delete.setLong(1, id);
                delete.addBatch();
            }
            delete.executeBatch();
        }
    }
}
