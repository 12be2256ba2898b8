package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.id.ShardId;
import io.mds.region.store.ShardRows.DirtyRow;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The SQL of one table of a shard's rows: key, version, encoded columns. Stateless; any thread, with its own connection. */
final class ShardTable {
    private static final int KEYS_PER_QUERY = 1_000;
    private static final int ROWS_PER_BATCH = 200;
    /** Rows that a copy's query brings from a database server at once; each may be as large as the largest. */
    private static final int ROWS_PER_FETCH = 32;

    private static final String NAME_PREFIX = "r_";
    private static final Pattern NAME = Pattern.compile(NAME_PREFIX + "([1-9]\\d{0,18})(?:_([1-9]\\d{0,18}))?");

    private final SqlDialect dialect;
    private final ShardId shard;
    private final long generation;
    private final String name;
    private final String selectKeys;
    private final String selectRows;
    private final String upsert;
    private final String insert;
    private final String delete;

    /** @param generation 0 for the table that the shard began with; each installed copy has one of its own */
    ShardTable(SqlDialect dialect, ShardId shard, long generation) {
        this.dialect = dialect;
        this.shard = shard;
        this.generation = generation;
        this.name = NAME_PREFIX + shard + (generation == 0 ? "" : "_" + generation);
        this.selectKeys = "SELECT k FROM " + name + " WHERE k = ANY(?)";
        this.selectRows = "SELECT k, ver, v FROM " + name + " WHERE k = ANY(?)";
        this.upsert = dialect.upsert(name);
        this.insert = "INSERT INTO " + name + " (k, ver, v) VALUES (?, ?, ?)";
        this.delete = "DELETE FROM " + name + " WHERE k = ?";
    }

    /** Which rows a table holds. */
    record Named(ShardId shard, long generation) {}

    /** What the table of this name holds; empty when it is another table. */
    static Optional<Named> named(String tableName) {
        Matcher name = NAME.matcher(tableName);
        if (!name.matches()) {
            return Optional.empty();
        }
        long generation = name.group(2) == null ? 0 : Long.parseLong(name.group(2));
        return Optional.of(new Named(new ShardId(Long.parseLong(name.group(1))), generation));
    }

    /** Names an index of these rows. */
    IndexTable.Of index(int id) {
        return new IndexTable.Of(shard, generation, id);
    }

    /** Receives rows; returns false to stop. */
    interface RowSink {
        boolean accept(byte[] key, StoredRow row);
    }

    /** Makes the table anew: what a crash left of one that was being dropped must not come back. */
    void create(Connection connection) throws SQLException {
        drop(connection);
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE " + name + " (k " + dialect.keyType()
                    + " PRIMARY KEY, ver BIGINT NOT NULL, v " + dialect.bytesType() + " NOT NULL)");
        }
    }

    void drop(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS " + name);
        }
    }

    /** Which of these keys have rows. */
    void existing(Connection connection, List<byte[]> keys, Collection<ByteString> found) throws SQLException {
        for (int from = 0; from < keys.size(); from += KEYS_PER_QUERY) {
            List<byte[]> some = keys.subList(from, Math.min(keys.size(), from + KEYS_PER_QUERY));
            try (PreparedStatement select = connection.prepareStatement(selectKeys)) {
                Array array = bind(connection, select, some);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(UnsafeByteOperations.unsafeWrap(rows.getBytes(1)));
                    }
                }
                array.free();
            }
        }
    }

    /** The rows of these keys, in no particular order; keys without one are left out. */
    void find(Connection connection, List<byte[]> keys, RowSink sink) throws SQLException {
        for (int from = 0; from < keys.size(); from += KEYS_PER_QUERY) {
            List<byte[]> some = keys.subList(from, Math.min(keys.size(), from + KEYS_PER_QUERY));
            try (PreparedStatement select = connection.prepareStatement(selectRows)) {
                Array array = bind(connection, select, some);
                drain(select, sink);
                array.free();
            }
        }
    }

    private Array bind(Connection connection, PreparedStatement select, List<byte[]> keys) throws SQLException {
        Array array = connection.createArrayOf(dialect.keyArrayType(), keys.toArray(byte[][]::new));
        select.setArray(1, array);
        return array;
    }

    /**
     * Rows of a range, in order.
     *
     * @param start empty for no bound
     * @param end not included; empty for no bound
     * @return how many rows there were, which is less than the limit only at the end of the range
     */
    int range(
            Connection connection, byte[] start, byte[] end, boolean reverse, int limit, boolean keysOnly, RowSink sink)
            throws SQLException {
        String sql = (keysOnly ? "SELECT k FROM " : "SELECT k, ver, v FROM ")
                + name
                + within(start, end)
                + (reverse ? " ORDER BY k DESC LIMIT ?" : " ORDER BY k LIMIT ?");
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setInt(bindRange(select, start, end), limit);
            if (!keysOnly) {
                return drain(select, sink);
            }
            int count = 0;
            try (ResultSet keys = select.executeQuery()) {
                while (keys.next()) {
                    count++;
                    if (!sink.accept(keys.getBytes(1), RowChanges.SOME_ROW)) {
                        break;
                    }
                }
            }
            return count;
        }
    }

    /**
     * Rows of a range, in order, until the sink has enough; within a transaction they come in small parts, however large they
     * are.
     *
     * @param start empty for no bound
     * @param end not included; empty for no bound
     */
    int copy(Connection connection, byte[] start, byte[] end, int limit, RowSink sink) throws SQLException {
        String sql = "SELECT k, ver, v FROM " + name + within(start, end) + " ORDER BY k LIMIT ?";
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setInt(bindRange(select, start, end), limit);
            select.setFetchSize(ROWS_PER_FETCH);
            return drain(select, sink);
        }
    }

    /** How many rows are in a range, with bounds as those of {@link #copy}. */
    long count(Connection connection, byte[] start, byte[] end) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT COUNT(*) FROM " + name + within(start, end))) {
            bindRange(select, start, end);
            try (ResultSet count = select.executeQuery()) {
                count.next();
                return count.getLong(1);
            }
        }
    }

    private static String within(byte[] start, byte[] end) {
        String from = start.length > 0 ? " WHERE k >= ?" : "";
        return end.length == 0 ? from : from + (start.length > 0 ? " AND k < ?" : " WHERE k < ?");
    }

    /** Returns the number of the parameter that comes next. */
    private static int bindRange(PreparedStatement select, byte[] start, byte[] end) throws SQLException {
        int parameter = 1;
        if (start.length > 0) {
            select.setBytes(parameter++, start);
        }
        if (end.length > 0) {
            select.setBytes(parameter++, end);
        }
        return parameter;
    }

    /** Begins a transaction's view of this table. */
    void touch(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT ver FROM " + name + " LIMIT 1");
                ResultSet row = select.executeQuery()) {
            row.next();
        }
    }

    /** Adds rows that are not there yet. */
    void insert(Connection connection, List<RowInRange> rows) throws SQLException {
        try (PreparedStatement inserts = connection.prepareStatement(insert)) {
            int added = 0;
            for (RowInRange row : rows) {
                inserts.setBytes(1, row.key());
                inserts.setLong(2, row.row().version());
                inserts.setBytes(3, row.row().bytes().toByteArray());
                inserts.addBatch();
                if (++added % ROWS_PER_BATCH == 0) {
                    inserts.executeBatch();
                }
            }
            if (added % ROWS_PER_BATCH > 0) {
                inserts.executeBatch();
            }
        }
    }

    private static int drain(PreparedStatement select, RowSink sink) throws SQLException {
        int count = 0;
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                count++;
                ByteString bytes = UnsafeByteOperations.unsafeWrap(rows.getBytes(3));
                if (!sink.accept(rows.getBytes(1), new StoredRow(rows.getLong(2), bytes))) {
                    break;
                }
            }
        }
        return count;
    }

    /** Writes rows, ascending by key, and deletes those that are null. Doing it twice changes nothing. */
    void write(Connection connection, List<DirtyRow> rows, FlushPace pace) throws SQLException {
        try (PreparedStatement upserts = connection.prepareStatement(upsert);
                PreparedStatement deletes = connection.prepareStatement(delete)) {
            int upserted = 0;
            int deleted = 0;
            pace.begin();
            for (DirtyRow row : rows) {
                if (row.rowOrNull() == null) {
                    deletes.setBytes(1, row.key());
                    deletes.addBatch();
                    deleted++;
                } else {
                    upserts.setBytes(1, row.key());
                    upserts.setLong(2, row.rowOrNull().version());
                    upserts.setBytes(3, row.rowOrNull().bytes().toByteArray());
                    upserts.addBatch();
                    upserted++;
                }
                if (upserted == ROWS_PER_BATCH) {
                    upserts.executeBatch();
                    upserted = 0;
                    pace.partWritten();
                }
                if (deleted == ROWS_PER_BATCH) {
                    deletes.executeBatch();
                    deleted = 0;
                    pace.partWritten();
                }
            }
            if (upserted > 0) {
                upserts.executeBatch();
            }
            if (deleted > 0) {
                deletes.executeBatch();
            }
        }
    }
}
