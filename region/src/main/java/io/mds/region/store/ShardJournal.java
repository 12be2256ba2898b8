package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
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
 * <p>Each flush adds a row to mds_journal, with its applied index and the answers given since the last one; when they add up
 * to more than all answers remembered, the rows of the shard are replaced by a state of those. The last row says how far the
 * shard is applied.
 *
 * <p><em>Thread:</em> one flush at a time; what it writes was cut out beforehand.
 */
final class ShardJournal {
    private static final int MAX_VALUE_BYTES = 512 * 1024;
    private static final int PAGE_ROWS = 1_000;
    private static final int MIN_BYTES_BEFORE_COMPACTION = 64 * 1024;
    private static final int MAX_ROWS_BEFORE_COMPACTION = 100;

    private static final String INSERT = "INSERT INTO mds_journal"
            + " (id, shard_id, applied_index, applied_view, row_count, requests) VALUES (?, ?, ?, ?, ?, ?)";
    private static final String DELETE = "DELETE FROM mds_journal WHERE id = ?";
    private static final String SELECT_PAGE = "SELECT id, shard_id, applied_index, applied_view, row_count, requests"
            + " FROM mds_journal WHERE id > ? ORDER BY id LIMIT " + PAGE_ROWS;
    private static final String SELECT_VALUE = "SELECT requests FROM mds_journal WHERE id = ?";
    private static final String SELECT_ANY = "SELECT id FROM mds_journal LIMIT 1";
    private static final String SELECT_IDS = "SELECT id FROM mds_journal WHERE shard_id = ?";

    private final ShardId shard;
    private final AtomicLong ids;

    private List<Long> rowIds = new ArrayList<>();
    private long journalBytes;
    /** True when it is not known which rows there are, because a transaction failed. */
    private boolean uncertain;

    /** How far a shard is applied, and how many rows it then has. */
    record Position(long appliedIndex, long appliedView, long rowCount) {
        static final Position START = new Position(0, 0, 0);
    }

    /** What a flush adds: answers, encoded, since the last one, or, when whole, all that are remembered. */
    record Addition(List<byte[]> values, boolean whole) {}

    /** What was read at start. */
    static final class Loaded {
        private final RequestRecords requests;
        private Position position;

        Loaded() {
            this(Position.START, new RequestRecords());
        }

        Loaded(Position position, RequestRecords requests) {
            this.position = position;
            this.requests = requests;
        }

        RequestRecords requests() {
            return requests;
        }

        Position position() {
            return position;
        }
    }

    /** @param ids gives ids to new rows of all shards, ascending */
    ShardJournal(ShardId shard, AtomicLong ids) {
        this.shard = shard;
        this.ids = ids;
    }

    /** Reads the journals of all shards into what was loaded; returns the ids of rows that belong to no shard. */
    static List<Long> loadAll(
            Connection connection, Map<ShardId, ShardJournal> journals, Map<ShardId, Loaded> loaded, AtomicLong ids)
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
                            journal.load(rows, loaded.get(journal.shard));
                        }
                    }
                }
            }
        }
        ids.set(last);
        return useless;
    }

    private void load(ResultSet row, Loaded loaded) throws SQLException {
        byte[] encoded = row.getBytes(6);
        rowIds.add(row.getLong(1));
        journalBytes += encoded.length;
        loaded.position = new Position(row.getLong(3), row.getLong(4), row.getLong(5));
        loaded.requests.readAll(encoded);
    }

    /** Whether the next flush should replace the journal, when it would otherwise add so much to it. */
    boolean wantsWhole(long addedBytes, long wholeBytes) {
        return uncertain
                || rowIds.size() >= MAX_ROWS_BEFORE_COMPACTION
                || journalBytes + addedBytes > Math.max(MIN_BYTES_BEFORE_COMPACTION, 2 * wholeBytes);
    }

    /** Writes within a flush's transaction. */
    void write(Connection connection, Position position, Addition addition) throws SQLException {
        boolean known = !uncertain;
        // Until the flush has committed.
        uncertain = true;
        List<Long> before = known ? rowIds : readIds(connection);
        List<Long> after = addition.whole() ? new ArrayList<>() : new ArrayList<>(before);
        long bytes = addition.whole() ? 0 : journalBytes;
        if (addition.whole()) {
            delete(connection, before);
        }
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            for (byte[] value : addition.values()) {
                long id = ids.incrementAndGet();
                insert.setLong(1, id);
                insert.setLong(2, shard.value());
                insert.setLong(3, position.appliedIndex());
                insert.setLong(4, position.appliedView());
                insert.setLong(5, position.rowCount());
                insert.setBytes(6, value);
                insert.executeUpdate();
                after.add(id);
                bytes += value.length;
            }
        }
        rowIds = after;
        journalBytes = bytes;
    }

    /** The transaction of the last write has committed. */
    void committed() {
        uncertain = false;
    }

    /** It has not, or nobody knows; what it was to add must come with the next one, as a whole. */
    void failed() {
        uncertain = true;
    }

    /** The rows of the journal, when the last write committed: in the order in which they must be read. */
    List<Long> rowIds() {
        if (uncertain) {
            throw new IllegalStateException("the journal of shard " + shard + " after a failed write");
        }
        return rowIds;
    }

    /** The answers in a row of the journal. */
    static ByteString value(Connection connection, long id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT_VALUE)) {
            select.setLong(1, id);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    throw new SQLException("row " + id + " of the journal is gone");
                }
                return UnsafeByteOperations.unsafeWrap(row.getBytes(1));
            }
        }
    }

    /** Begins a transaction's view of the journals. */
    static void touch(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT_ANY);
                ResultSet row = select.executeQuery()) {
            row.next();
        }
    }

    /** Writes, within a transaction, a journal of this alone, in the place of all that there is of the shard. */
    void replace(Connection connection, Position position, RequestRecords requests) throws SQLException {
        uncertain = true;
        Values values = new Values();
        requests.writeAll(values::add);
        write(connection, position, new Addition(values.takeAll(), true));
    }

    private List<Long> readIds(Connection connection) throws SQLException {
        List<Long> found = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(SELECT_IDS)) {
            select.setLong(1, shard.value());
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getLong(1));
                }
            }
        }
        return found;
    }

    /** Removes the journal, with its shard. */
    void deleteAll(Connection connection) throws SQLException {
        delete(connection, readIds(connection));
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

    /** Gathers encoded answers into values that fit in a row. */
    static final class Values {
        private final ByteArrayOutputStream open = new ByteArrayOutputStream();
        private final List<byte[]> full = new ArrayList<>();
        private long bytes;

        void add(ByteString record) {
            if (open.size() > 0 && open.size() + record.size() > MAX_VALUE_BYTES) {
                full.add(open.toByteArray());
                open.reset();
            }
            byte[] encoded = record.toByteArray();
            open.write(encoded, 0, encoded.length);
            bytes += encoded.length;
        }

        long bytes() {
            return bytes;
        }

        /** At least one, which may be empty; then there are none. */
        List<byte[]> takeAll() {
            List<byte[]> all = new ArrayList<>(full);
            all.add(open.toByteArray());
            full.clear();
            open.reset();
            bytes = 0;
            return all;
        }
    }
}
