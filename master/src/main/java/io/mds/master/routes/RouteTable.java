package io.mds.master.routes;

import io.mds.proto.ListTablesReply;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The snapshots of all tables, by name.
 *
 * <p>Thread: published to by the metadata thread, read by any without locks.
 */
public final class RouteTable {
    /** Tables named in one page of a listing. */
    public static final int MAX_PAGE = 1000;

    private final ConcurrentSkipListMap<String, TableSnapshot> tables = new ConcurrentSkipListMap<>();

    public TableSnapshot get(String name) {
        return tables.get(name);
    }

    public int size() {
        return tables.size();
    }

    public void publish(TableSnapshot snapshot) {
        tables.merge(
                snapshot.name(),
                snapshot,
                // A table that was dropped and created again has another id and a later version.
                (before, next) -> next.version() >= before.version() ? next : before);
    }

    public void remove(String name) {
        tables.remove(name);
    }

    public ListTablesReply page(String after, int limit) {
        int wanted = limit < 1 || limit > MAX_PAGE ? MAX_PAGE : limit;
        ListTablesReply.Builder page = ListTablesReply.newBuilder();
        for (Map.Entry<String, TableSnapshot> entry :
                tables.tailMap(after, false).entrySet()) {
            if (page.getTablesCount() == wanted) {
                return page.setMore(true).build();
            }
            page.addTables(entry.getValue().summary());
        }
        return page.build();
    }
}
