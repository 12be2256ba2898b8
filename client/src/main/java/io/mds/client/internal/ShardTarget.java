package io.mds.client.internal;

/**
 * The shard that a call is for.
 *
 * @param tableId of the table that the call was encoded for; a table of the same name may take its place
 * @param schemaVersion by which it was encoded
 * @param shard by its number within the table
 */
record ShardTarget(CachedTable table, long tableId, long schemaVersion, int shard) {
    static ShardTarget of(CachedTable table, TableRoutes routes, int shard) {
        return new ShardTarget(table, routes.tableId(), routes.schema().version(), shard);
    }

    /** The routes as they are now; null when the table that the call was encoded for is no more. */
    TableRoutes routes(ClusterAccess access) {
        TableRoutes routes = table.current();
        return routes.tableId() != tableId || access.routes().isForgotten(table) ? null : routes;
    }

    /**
     * The routes for an attempt now.
     *
     * @throws io.mds.error.MdsException when there is to be none: the client is closed, or the table replaced
     */
    TableRoutes routesOrThrow(ClusterAccess access) {
        if (access.isClosed()) {
            throw ClusterAccess.clientClosed();
        }
        TableRoutes routes = routes(access);
        if (routes == null) {
            throw Failures.tableReplaced();
        }
        return routes;
    }

    @Override
    public String toString() {
        return "table '" + table.name() + "' shard " + shard;
    }
}
