package io.mds.client;

import io.mds.client.internal.CachedTable;
import io.mds.client.internal.TableLayout;
import io.mds.client.internal.TableRoutes;

/** A table with the routes and the schema that one call works with, whatever becomes news meanwhile. */
record Target(CachedTable table, TableRoutes routes) {
    static Target of(CachedTable table) {
        return new Target(table, table.current());
    }

    TableLayout layout() {
        return routes.layout();
    }
}
