package io.mds.region.store;

import java.util.Optional;

/** The format of what a database holds: recorded when it is new, raised when it is older, and refused when it is unknown. */
final class StoreFormat {
    private static final String KEY = "format";
    private static final String CURRENT = "2";
    /** Without generations of tables, and without replication. */
    private static final String FIRST = "1";

    private final Database database;
    private final StoreMetadata metadata;
    private final String url;

    StoreFormat(Database database, StoreMetadata metadata, String url) {
        this.database = database;
        this.metadata = metadata;
        this.url = url;
    }

    /**
     * Makes sure that the database has the format that this version reads.
     *
     * @throws StoreException when it has another one that nobody knows how to raise
     */
    void require() {
        Optional<String> format = metadata.get(KEY);
        if (format.isEmpty()) {
            // The counter first: making something durable counts.
            metadata.put(Database.CHECKPOINTS_KEY, "0");
            metadata.put(KEY, CURRENT);
        } else if (format.get().equals(FIRST)) {
            database.transact("add what the first format lacks", connection -> {
                ShardCatalog.addColumns(connection);
                return null;
            });
            metadata.put(KEY, CURRENT);
        } else if (!format.get().equals(CURRENT)) {
            throw new StoreException(
                    "the store " + url + " has format " + format.get() + "; this version reads format " + CURRENT,
                    null);
        }
    }
}
