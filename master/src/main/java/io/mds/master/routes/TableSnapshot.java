package io.mds.master.routes;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.Reply;
import io.mds.proto.TableRoute;
import io.mds.proto.TableSummary;

/**
 * A table as it is told to clients, at one version; immutable.
 *
 * <p>The answer to the commonest question, one table's route, is encoded once and then only copied.
 */
public final class TableSnapshot {
    private final TableRoute route;
    private final String state;
    private final boolean routable;
    private final ByteString encoded;
    private final UnknownFieldSet soleAnswer;

    TableSnapshot(TableRoute route, String state, boolean routable) {
        this.route = route;
        this.state = state;
        this.routable = routable;
        this.encoded = route.toByteString();
        this.soleAnswer = field(Reply.GET_ROUTES_FIELD_NUMBER, answer(this).toByteString());
    }

    public String name() {
        return route.getSchema().getName();
    }

    public long version() {
        return route.getVersion();
    }

    public TableRoute route() {
        return route;
    }

    /** CREATING, ACTIVE or DROPPING. */
    public String state() {
        return state;
    }

    /** Whether clients are sent to it: only when it is ACTIVE. */
    public boolean isRoutable() {
        return routable;
    }

    /** Whether clients would be told the same, but for the version. */
    public boolean sameAs(TableSnapshot other) {
        return routable == other.routable
                && route.getSchema().equals(other.route.getSchema())
                && route.getShardsList().equals(other.route.getShardsList());
    }

    TableSummary summary() {
        return TableSummary.newBuilder()
                .setName(name())
                .setTableId(route.getSchema().getTableId())
                .setState(state)
                .setColumns(route.getSchema().getColumnsCount())
                .setShards(route.getShardsCount())
                .setSchemaVersion(route.getSchema().getVersion())
                .build();
    }

    /** A reply that is on the wire what {@code setGetRoutes} with this table alone would be. */
    Reply.Builder soleAnswer() {
        return Reply.newBuilder().setUnknownFields(soleAnswer);
    }

    /** The table as a field of a GetRoutesReply, already encoded. */
    ByteString encoded() {
        return encoded;
    }

    private static GetRoutesReply answer(TableSnapshot table) {
        return GetRoutesReply.newBuilder().addRoutes(table.route).build();
    }

    private static UnknownFieldSet field(int number, ByteString bytes) {
        return UnknownFieldSet.newBuilder()
                .addField(
                        number,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(bytes)
                                .build())
                .build();
    }
}
