package io.mds.master.routes;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.mds.master.state.TableRecords;
import io.mds.master.state.TableState;
import io.mds.proto.GetRoutesReply;
import io.mds.proto.RegionAddress;
import io.mds.proto.Reply;
import io.mds.proto.RouteDelta;
import io.mds.proto.ShardRoute;
import io.mds.proto.TableRoute;
import io.mds.proto.TableSummary;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import java.util.Objects;

/**
 * A table as it is told to clients, at one version; immutable.
 *
 * <p>Made of records that others hold, too. The answer to the commonest question, one table's route, is encoded when it
 * is first asked for, and then only copied. Thread: any; two that ask at once may both encode it.
 */
public final class TableSnapshot {
    private final TableRecord table;
    private final TableState state;
    private final long tableZxid;
    private final Placed[] shards;
    private final long version;
    private final long contentSince;
    private volatile Encoded encoded;

    /**
     * One shard, and where its replicas are.
     *
     * @param zxid the last transaction that changed it, or where one of its replicas is
     * @param at in the order of the record's replicas; null for a region that has no znode
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Placed(ShardRecord record, long zxid, RouteBuilder.Place[] at) {
        ShardRoute route() {
            ShardRoute.Builder route =
                    ShardRoute.newBuilder().setShardId(record.id()).setView(record.view());
            for (int i = 0; i < at.length; i++) {
                if (at[i] == null) {
                    continue;
                }
                RegionAddress address = at[i].address();
                route.addReplicas(address);
                if (record.replicas().get(i) == record.leader()) {
                    route.setLeader(address);
                }
            }
            return route.build();
        }

        boolean sameAs(Placed other) {
            if (at.length != other.at.length
                    || record.id() != other.record.id()
                    || record.view() != other.record.view()
                    || record.leader() != other.record.leader()
                    || !record.replicas().equals(other.record.replicas())) {
                return false;
            }
            for (int i = 0; i < at.length; i++) {
                if (!Objects.equals(addressOf(at[i]), addressOf(other.at[i]))) {
                    return false;
                }
            }
            return true;
        }

        private static RegionAddress addressOf(RouteBuilder.Place place) {
            return place == null ? null : place.address();
        }
    }

    private record Encoded(ByteString route, UnknownFieldSet soleAnswer) {}

    /** @param tableZxid the last transaction that changed the table itself */
    TableSnapshot(TableRecord table, TableState state, long tableZxid, Placed[] shards) {
        this.table = table;
        this.state = state;
        this.tableZxid = tableZxid;
        this.shards = shards;
        long latest = tableZxid;
        for (Placed shard : shards) {
            latest = Math.max(latest, shard.zxid());
        }
        this.version = latest;
        this.contentSince = latest;
    }

    private TableSnapshot(TableSnapshot same, long contentSince) {
        this.table = same.table;
        this.state = same.state;
        this.tableZxid = same.tableZxid;
        this.shards = same.shards;
        this.version = same.version;
        this.contentSince = contentSince;
    }

    /** This one as the successor of another: it knows since when clients are told what it says. */
    TableSnapshot after(TableSnapshot before) {
        return before != null && before.contentSince < contentSince && sameAs(before)
                ? new TableSnapshot(this, before.contentSince)
                : this;
    }

    /**
     * The oldest version, as far as is known, at which clients were told the same. Who has it or a later one lacks nothing,
     * though what came in between was pushed to nobody.
     */
    long contentSince() {
        return contentSince;
    }

    public String name() {
        return table.name();
    }

    public long version() {
        return version;
    }

    public TableRoute route() {
        TableRoute.Builder route =
                TableRoute.newBuilder().setSchema(TableRecords.schemaOf(table)).setVersion(version);
        for (Placed shard : shards) {
            route.addShards(shard.route());
        }
        return route.build();
    }

    /**
     * What one who has that version lacks; null when it is the table itself that changed, or all there is.
     *
     * <p>Versions are transactions, so any of them will do, one that another master told of, too.
     */
    RouteDelta since(long known) {
        if (known < tableZxid || known >= version) {
            return null;
        }
        RouteDelta.Builder delta = RouteDelta.newBuilder()
                .setTable(name())
                .setTableId(table.id())
                .setBaseVersion(known)
                .setVersion(version);
        for (Placed shard : shards) {
            if (shard.zxid() > known) {
                delta.addShards(shard.route());
            }
        }
        return delta.build();
    }

    /** CREATING, ACTIVE or DROPPING. */
    public String state() {
        return state.name();
    }

    /** Whether clients are sent to it: only when it is ACTIVE. */
    public boolean isRoutable() {
        return state == TableState.ACTIVE;
    }

    /** Whether clients would be told the same, but for the version. */
    public boolean sameAs(TableSnapshot other) {
        if (isRoutable() != other.isRoutable()
                || shards.length != other.shards.length
                || !(table.equals(other.table)
                        || TableRecords.schemaOf(table).equals(TableRecords.schemaOf(other.table)))) {
            return false;
        }
        for (int i = 0; i < shards.length; i++) {
            if (!shards[i].sameAs(other.shards[i])) {
                return false;
            }
        }
        return true;
    }

    TableSummary summary() {
        return TableSummary.newBuilder()
                .setName(name())
                .setTableId(table.id())
                .setState(state())
                .setColumns(table.columns().size())
                .setShards(shards.length)
                .setSchemaVersion(table.schemaVersion())
                .build();
    }

    /** A reply that is on the wire what {@code setGetRoutes} with this table alone would be. */
    Reply.Builder soleAnswer() {
        return Reply.newBuilder().setUnknownFields(encodedOnce().soleAnswer());
    }

    /** The table as a field of a GetRoutesReply, already encoded. */
    ByteString encoded() {
        return encodedOnce().route();
    }

    private Encoded encodedOnce() {
        Encoded known = encoded;
        if (known != null) {
            return known;
        }
        TableRoute route = route();
        ByteString answer = GetRoutesReply.newBuilder().addRoutes(route).build().toByteString();
        // The route is the tail of the answer, so that both share their bytes.
        int length = route.getSerializedSize();
        Encoded made =
                new Encoded(answer.substring(answer.size() - length), field(Reply.GET_ROUTES_FIELD_NUMBER, answer));
        encoded = made;
        return made;
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
