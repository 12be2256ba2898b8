package io.mds.region.store;

import io.mds.id.ShardId;
import io.mds.table.IndexRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The SQL of the table that holds one index of a shard's rows: what the index has of each row, and the row's key; its primary
 * key is the two together, so that the database finds rows of a value, or of a range, and has those of a value in the order
 * of their keys. Stateless; any thread, with its own connection.
 */
final class IndexTable {
    private static final int ENTRIES_PER_BATCH = 200;
    private static final Pattern NAME = Pattern.compile("x_([1-9]\\d{0,18})_(\\d{1,19})_([1-9]\\d{0,9})");

    private final String name;
    private final String add;
    private final String create;

    IndexTable(SqlDialect dialect, Of of) {
        this.name = "x_" + of.shard() + "_" + of.generation() + "_" + of.index();
        this.add = dialect.addEntry(name);
        this.create = "CREATE TABLE " + name + " (x " + dialect.entryType() + " NOT NULL, k " + dialect.keyType()
                + " NOT NULL, PRIMARY KEY (x, k))";
    }

    /**
     * What a table holds.
     *
     * @param generation of the table of rows that it is about
     */
    record Of(ShardId shard, long generation, int index) {}

    /** What the table of this name holds; empty when it is another table. */
    static Optional<Of> named(String tableName) {
        Matcher name = NAME.matcher(tableName);
        return name.matches()
                ? Optional.of(new Of(
                        new ShardId(Long.parseLong(name.group(1))),
                        Long.parseLong(name.group(2)),
                        Integer.parseInt(name.group(3))))
                : Optional.empty();
    }

    /** An entry that a row has, or had. */
    record Entry(byte[] encoded, byte[] key) {}

    /** Makes the table anew. */
    void create(Connection connection) throws SQLException {
        drop(connection);
        try (Statement statement = connection.createStatement()) {
            statement.execute(create);
        }
    }

    void drop(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS " + name);
        }
    }

    /** Adds entries; those that are there stay. */
    void add(Connection connection, List<Entry> entries) throws SQLException {
        batch(connection, add, entries);
    }

    /** Removes entries; those that are not there are fine. */
    void remove(Connection connection, List<Entry> entries) throws SQLException {
        batch(connection, "DELETE FROM " + name + " WHERE x = ? AND k = ?", entries);
    }

    private static void batch(Connection connection, String sql, List<Entry> entries) throws SQLException {
        if (entries.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int added = 0;
            for (Entry entry : entries) {
                statement.setBytes(1, entry.encoded());
                statement.setBytes(2, entry.key());
                statement.addBatch();
                if (++added % ENTRIES_PER_BATCH == 0) {
                    statement.executeBatch();
                }
            }
            if (added % ENTRIES_PER_BATCH > 0) {
                statement.executeBatch();
            }
        }
    }

    /**
     * Keys of rows within a range of keys of which the index has this, in order.
     *
     * @param start empty for no bound
     * @param end not included; empty for no bound
     */
    void keysAt(
            Connection connection,
            byte[] encoded,
            byte[] start,
            byte[] end,
            boolean reverse,
            int limit,
            List<byte[]> found)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(selectAt(start, end, reverse))) {
            select.setBytes(1, encoded);
            drain(select, bind(select, 2, start, end), limit, found);
        }
    }

    /** The order of the primary key, which databases know when one column is fixed. */
    String selectAt(byte[] start, byte[] end, boolean reverse) {
        return "SELECT k FROM " + name + " WHERE x = ?" + within(start, end)
                + (reverse ? " ORDER BY x DESC, k DESC LIMIT ?" : " ORDER BY x, k LIMIT ?");
    }

    /** As {@link #keysAt}, of a range of what the index may have, in no particular order. */
    void keysIn(Connection connection, IndexRange range, byte[] start, byte[] end, int limit, List<byte[]> found)
            throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(selectIn(range, start, end))) {
            select.setBytes(1, range.start());
            int next = 2;
            if (!range.exact() && range.end().length > 0) {
                select.setBytes(next++, range.end());
            }
            drain(select, bind(select, next, start, end), limit, found);
        }
    }

    String selectIn(IndexRange range, byte[] start, byte[] end) {
        String values =
                range.exact() ? " WHERE x = ?" : range.end().length > 0 ? " WHERE x >= ? AND x < ?" : " WHERE x >= ?";
        return "SELECT k FROM " + name + values + within(start, end) + " LIMIT ?";
    }

    private static String within(byte[] start, byte[] end) {
        return (start.length > 0 ? " AND k >= ?" : "") + (end.length > 0 ? " AND k < ?" : "");
    }

    private static int bind(PreparedStatement select, int first, byte[] start, byte[] end) throws SQLException {
        int next = first;
        if (start.length > 0) {
            select.setBytes(next++, start);
        }
        if (end.length > 0) {
            select.setBytes(next++, end);
        }
        return next;
    }

    private static void drain(PreparedStatement select, int limitParameter, int limit, List<byte[]> found)
            throws SQLException {
        select.setInt(limitParameter, limit);
        try (ResultSet keys = select.executeQuery()) {
            while (keys.next()) {
                found.add(keys.getBytes(1));
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
