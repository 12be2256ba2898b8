package io.mds.client;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A connection to an MDS cluster: finds the active master, knows where tables are, and talks to their regions.
 *
 * <p>One client serves a whole process; it costs a few threads and one connection per region. {@link #close()} lets calls
 * under way fail, releases everything, and may be called twice.
 *
 * <p><em>Thread:</em> safe for use by any number of threads.
 */
public interface MdsClient extends AutoCloseable {

    /**
     * A client with default options. Does no network I/O: the first call does.
     *
     * @param uri {@code zk://host:port,host:port/root} to find the master through ZooKeeper, or
     *     {@code mds://host:port,host:port} to name the masters
     */
    static MdsClient connect(String uri) {
        return connect(MdsClientOptions.builder(uri).build());
    }

    /** A client with the given options. Does no network I/O: the first call does. */
    static MdsClient connect(MdsClientOptions options) {
        return ClusterClient.open(options);
    }

    /** The same client with another deadline for each call. Closing either closes both. */
    MdsClient withTimeout(Duration timeout);

    /** A session that has seen nothing yet; for {@link Table#within(Session)}. */
    default Session newSession() {
        return Session.begin();
    }

    /** The table of this name. Does no I/O: a table that does not exist shows at the first call. */
    Table table(String name);

    /** Creates a table and answers its schema with the id it was given. Fails with ALREADY_EXISTS. */
    TableSchema createTable(TableSchema schema);

    CompletableFuture<TableSchema> createTableAsync(TableSchema schema);

    /** Creates a table unless an equal one exists. Fails with ALREADY_EXISTS when a different one of that name does. */
    TableSchema createTableIfNotExists(TableSchema schema);

    CompletableFuture<TableSchema> createTableIfNotExistsAsync(TableSchema schema);

    /** Drops a table with all its rows. Fails with NOT_FOUND. */
    void dropTable(String name);

    CompletableFuture<Void> dropTableAsync(String name);

    /** Drops a table with all its rows, if it exists; true when it did. */
    boolean dropTableIfExists(String name);

    CompletableFuture<Boolean> dropTableIfExistsAsync(String name);

    /**
     * Changes a table's columns, all of it or nothing, while it is in use; answers the schema after it, whose version is one
     * higher. Fails with NOT_FOUND, and with INVALID_ARGUMENT when a change cannot be made. Changes of one table are made one
     * after the other. One that takes longer than the deadline goes on: see {@link #procedures()}.
     */
    TableSchema alterTable(String name, TableChange... changes);

    CompletableFuture<TableSchema> alterTableAsync(String name, TableChange... changes);

    /**
     * Creates an index of a table, by which scans and counts find rows whose filter compares the first of these columns, or
     * more of them, for equality, and perhaps one more with a range. Answers when it can be used; one that takes longer than
     * the deadline goes on. Fails with ALREADY_EXISTS.
     */
    TableSchema createIndex(String table, String index, String... columns);

    CompletableFuture<TableSchema> createIndexAsync(String table, String index, String... columns);

    /** Drops an index of a table. Fails with NOT_FOUND. */
    TableSchema dropIndex(String table, String index);

    CompletableFuture<TableSchema> dropIndexAsync(String table, String index);

    /** The changes of tables that are under way; those of one table in the order in which they are made. */
    List<ProcedureInfo> procedures();

    CompletableFuture<List<ProcedureInfo>> proceduresAsync();

    /** Every table, by name. */
    List<TableInfo> listTables();

    CompletableFuture<List<TableInfo>> listTablesAsync();

    /** A table's schema and where its shards are. Fails with NOT_FOUND. */
    TableDescription describeTable(String name);

    CompletableFuture<TableDescription> describeTableAsync(String name);

    /** Masters, regions and totals; without the list of shards. */
    ClusterStatus status();

    CompletableFuture<ClusterStatus> statusAsync();

    /** As {@link #status()}, with every shard. */
    ClusterStatus statusWithShards();

    CompletableFuture<ClusterStatus> statusWithShardsAsync();

    // ---- operation ----

    /**
     * Has the master give a shard another leader, which it chooses; answers which. While the shard is being changed it waits
     * for its turn, first come first served, and fails with UNAVAILABLE when that does not come before the deadline.
     */
    RegionId transferLeader(ShardId shard);

    CompletableFuture<RegionId> transferLeaderAsync(ShardId shard);

    /** Has this replica of a shard lead it; waits as {@link #transferLeader(ShardId)} does. */
    RegionId transferLeader(ShardId shard, RegionId to);

    CompletableFuture<RegionId> transferLeaderAsync(ShardId shard, RegionId to);

    /**
     * Has the master move a replica of a shard from one region to another; it goes on after the call. Waits as {@link
     * #transferLeader(ShardId)} does.
     */
    void moveShard(ShardId shard, RegionId from, RegionId to);

    CompletableFuture<Void> moveShardAsync(ShardId shard, RegionId from, RegionId to);

    /**
     * Has the master move all leaders away from a region, and give it none until the drain is cancelled. The move goes on
     * after the call, which may be repeated to see how far it is.
     *
     * @param replicas whether to move the replicas, too, so that the region can be removed for good
     */
    DrainStatus drainRegion(RegionId region, boolean replicas);

    CompletableFuture<DrainStatus> drainRegionAsync(RegionId region, boolean replicas);

    /** Lets a region that is drained take shards again. What was moved away comes back when the cluster is rebalanced. */
    void cancelDrain(RegionId region);

    CompletableFuture<Void> cancelDrainAsync(RegionId region);

    /**
     * Compares the replicas of each shard of a table, all of them as they were after one entry of the shard's log, while writes
     * go on; answers how they compare, in the order of the shards. Reads all rows on all regions that have them. The deadline
     * counts for each shard. Fails with NOT_FOUND.
     *
     * @param ranges of keys, of about equal numbers of rows, in which differences of a shard are told; 1 to 10000
     * @param progress is told of each shard as soon as it is done, one at a time, on a thread that must not be blocked
     */
    List<ShardVerification> verify(String table, int ranges, Consumer<ShardVerification> progress);

    CompletableFuture<List<ShardVerification>> verifyAsync(
            String table, int ranges, Consumer<ShardVerification> progress);

    /**
     * Compares what the masters have of the cluster's metadata, as it was after one change: the active master's and that of
     * each standby, which takes over with it.
     */
    MetadataCheck checkMetadata();

    CompletableFuture<MetadataCheck> checkMetadataAsync();

    /** Fails the calls under way, closes all connections and threads. Idempotent. */
    @Override
    void close();
}
