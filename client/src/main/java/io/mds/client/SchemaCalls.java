package io.mds.client;

import io.mds.client.internal.CachedTable;
import io.mds.client.internal.ClusterAccess;
import io.mds.proto.AlterTableRequest;
import io.mds.proto.CreateIndexRequest;
import io.mds.proto.DropIndexRequest;
import io.mds.proto.ListProceduresRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.TableRoute;
import io.mds.rpc.Deadline;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Changes of tables' columns and indexes.
 *
 * <p>When an attempt before may have made a change, finding it made is success.
 */
record SchemaCalls(ClusterAccess access) {

    CompletableFuture<TableSchema> alter(String table, List<TableChange> changes, Deadline deadline) {
        AlterTableRequest.Builder request = AlterTableRequest.newBuilder().setName(table);
        changes.forEach(change -> request.addChanges(change.toProto()));
        AlterTableRequest wanted = request.build();
        return access.change(
                        "alter table '" + table + "'",
                        again -> Request.newBuilder()
                                .setAlterTable(wanted.toBuilder().setIfNeeded(again)),
                        deadline)
                .thenApply(reply -> schema(
                        reply, reply.hasAlterTable(), reply.getAlterTable().getRoute()));
    }

    CompletableFuture<TableSchema> createIndex(String table, String index, List<String> columns, Deadline deadline) {
        return access.change(
                        "create index '" + index + "' on table '" + table + "'",
                        again -> Request.newBuilder()
                                .setCreateIndex(CreateIndexRequest.newBuilder()
                                        .setTable(table)
                                        .setName(index)
                                        .addAllColumns(columns)
                                        .setIfNotExists(again)),
                        deadline)
                .thenApply(reply -> schema(
                        reply, reply.hasCreateIndex(), reply.getCreateIndex().getRoute()));
    }

    CompletableFuture<TableSchema> dropIndex(String table, String index, Deadline deadline) {
        return access.change(
                        "drop index '" + index + "' of table '" + table + "'",
                        again -> Request.newBuilder()
                                .setDropIndex(DropIndexRequest.newBuilder()
                                        .setTable(table)
                                        .setName(index)
                                        .setIfExists(again)),
                        deadline)
                .thenApply(reply ->
                        schema(reply, reply.hasDropIndex(), reply.getDropIndex().getRoute()));
    }

    private TableSchema schema(Reply reply, boolean expected, TableRoute route) {
        if (!expected) {
            throw Calls.unexpected(reply);
        }
        // Whoever made the change sees it from now on, whether or not the push has come.
        CachedTable known = access.known(route.getSchema().getName());
        if (known != null) {
            known.learn(route);
        }
        return TableSchema.fromProto(route.getSchema());
    }

    CompletableFuture<List<ProcedureInfo>> procedures(Deadline deadline) {
        Request.Builder request = Request.newBuilder().setListProcedures(ListProceduresRequest.getDefaultInstance());
        return access.ask("list procedures", request, deadline).thenApply(reply -> {
            if (!reply.hasListProcedures()) {
                throw Calls.unexpected(reply);
            }
            return reply.getListProcedures().getProceduresList().stream()
                    .map(each -> new ProcedureInfo(
                            each.getId(),
                            each.getTable(),
                            each.getWhat(),
                            each.getStep(),
                            each.getDone(),
                            each.getTotal(),
                            Duration.ofMillis(each.getAgeMs())))
                    .toList();
        });
    }
}
