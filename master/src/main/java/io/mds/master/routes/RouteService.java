package io.mds.master.routes;

import com.google.protobuf.UnknownFieldSet;
import io.mds.error.MdsException;
import io.mds.proto.DescribeTableReply;
import io.mds.proto.DescribeTableRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.GetRoutesRequest;
import io.mds.proto.ListTablesReply;
import io.mds.proto.ListTablesRequest;
import io.mds.proto.Reply;
import io.mds.proto.RouteDelta;
import io.mds.rpc.RpcConnection;

/** Answers what clients ask about tables, from snapshots. Thread: the event loops. */
public final class RouteService {
    /** Tables asked for at once. */
    private static final int MAX_TABLES = 1000;

    private final RouteTable tables;
    private final RouteSubscriptions subscriptions;

    public RouteService(RouteTable tables, RouteSubscriptions subscriptions) {
        this.tables = tables;
        this.subscriptions = subscriptions;
    }

    public Reply.Builder getRoutes(RpcConnection from, GetRoutesRequest request) {
        int asked = request.getTablesCount();
        if (asked > MAX_TABLES) {
            throw MdsException.builder(
                            ErrorCode.INVALID_ARGUMENT,
                            "get routes: " + asked + " tables (limit: " + MAX_TABLES + "); ask in several requests")
                    .withoutStackTrace()
                    .build();
        }
        if (asked == 1) {
            GetRoutesRequest.Known known = request.getTables(0);
            TableSnapshot table = lookUp(from, known, request);
            if (table != null
                    && table.version() > known.getVersion()
                    && !(request.getDeltas() && known.getVersion() > 0)) {
                return table.soleAnswer();
            }
        }
        GetRoutesReply.Builder reply = GetRoutesReply.newBuilder();
        UnknownFieldSet.Field.Builder routes = null;
        for (GetRoutesRequest.Known known : request.getTablesList()) {
            TableSnapshot table = lookUp(from, known, request);
            RouteDelta delta = table == null || !request.getDeltas() ? null : table.since(known.getVersion());
            if (table == null) {
                reply.addMissing(known.getTable());
            } else if (table.version() <= known.getVersion()) {
                reply.addCurrent(known.getTable());
            } else if (delta != null) {
                reply.addDeltas(delta);
            } else {
                routes = routes == null ? UnknownFieldSet.Field.newBuilder() : routes;
                routes.addLengthDelimited(table.encoded());
            }
        }
        if (routes != null) {
            reply.setUnknownFields(UnknownFieldSet.newBuilder()
                    .addField(GetRoutesReply.ROUTES_FIELD_NUMBER, routes.build())
                    .build());
        }
        return Reply.newBuilder().setGetRoutes(reply);
    }

    private TableSnapshot lookUp(RpcConnection from, GetRoutesRequest.Known known, GetRoutesRequest request) {
        TableSnapshot found = tables.get(known.getTable());
        boolean routable = found != null && found.isRoutable();
        if (!request.getSubscribe() || !routable) {
            return routable ? found : null;
        }
        subscriptions.add(from, known.getTable(), request.getDeltas());
        // Read again: what was published before the subscription was not pushed to it.
        TableSnapshot now = tables.get(known.getTable());
        return now != null && now.isRoutable() ? now : null;
    }

    public ListTablesReply list(ListTablesRequest request) {
        return tables.page(request.getAfter(), request.getLimit());
    }

    public DescribeTableReply describe(DescribeTableRequest request) {
        TableSnapshot table = tables.get(request.getName());
        if (table == null) {
            throw MdsException.builder(ErrorCode.NOT_FOUND, "table '" + request.getName() + "' does not exist")
                    .withoutStackTrace()
                    .build();
        }
        return DescribeTableReply.newBuilder()
                .setRoute(table.route())
                .setState(table.state())
                .build();
    }
}
