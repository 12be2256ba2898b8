package io.mds.region.store;

import com.zaxxer.hikari.HikariConfig;
import java.sql.Connection;
import java.sql.SQLException;

/** What differs between databases. */
interface SqlDialect {
    static SqlDialect of(StoreSettings settings) {
        return settings.url().startsWith("jdbc:h2:") ? new H2Dialect() : new PostgresDialect();
    }

    /** Completes the pool's settings: driver properties, user, statements for new connections. */
    void configure(HikariConfig pool, StoreSettings settings);

    /** The column type of byte strings, of up to {@link WriteEvaluator#MAX_ROW_BYTES}. */
    String bytesType();

    /** The column type of keys. */
    String keyType();

    /** A statement that inserts a row (k, ver, v), or replaces the one of its key. */
    String upsert(String table);

    /** A statement that adds an entry (x, k) to an index's table, unless it is there. */
    String addEntry(String table);

    /** The column type of what an index has of rows. */
    String entryType();

    /** The name that {@link Connection#createArrayOf} wants for arrays of keys. */
    String keyArrayType();

    /** Begins a transaction that writes much: the database should not write any of it before it is together. */
    default void gather(Connection connection) throws SQLException {}

    /** Makes everything committed so far durable on the medium. */
    void checkpoint(Connection connection) throws SQLException;

    /**
     * Gives some room in the database's files back for reuse, where the database does not do that by itself.
     *
     * @return false when there was nothing worth it
     */
    default boolean compact(Connection connection) throws SQLException {
        return false;
    }

    /** Makes the connection's next transaction see one state of the database, whatever others commit meanwhile. */
    void beginCopy(Connection connection) throws SQLException;

    /** Undoes what {@link #beginCopy} changed that the pool does not undo. */
    void endCopy(Connection connection) throws SQLException;

    /** Bytes that the database takes. */
    long bytes(Connection connection) throws SQLException;

    /** What is wrong with the database itself, given a failure of it. */
    Failure kindOf(Throwable failure);

    /** What a failure of the database means. */
    enum Failure {
        /** What is stored cannot be read as what was written. */
        DAMAGED,
        DISK_FULL,
        OTHER
    }

    /** What a person should do about a database that cannot be opened; empty when there is nothing to say. */
    String advice(SQLException failure);
}
