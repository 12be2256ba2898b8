package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.proto.AlterTableReply;
import io.mds.proto.AlterTableRequest;
import io.mds.proto.CreateIndexReply;
import io.mds.proto.CreateIndexRequest;
import io.mds.proto.DropIndexReply;
import io.mds.proto.DropIndexRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.TableRoute;
import io.mds.table.Column;
import io.mds.table.Index;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What somebody wants a table's schema to become, and what is answered when it has. Immutable. */
abstract class SchemaRequest {
    private static final int MAX_CHANGES = 256;

    private final String table;
    private final String what;

    private SchemaRequest(String table, String what) {
        this.table = table;
        this.what = what;
    }

    String table() {
        return table;
    }

    /** For people: "add column size to table files". */
    String what() {
        return what;
    }

    /** Whether there is nothing to do, and that is fine. */
    abstract boolean isDone(TableSchema before);

    /** @throws MdsException when it cannot be done */
    abstract TableSchema edit(TableSchema before);

    abstract Reply.Builder answer(TableRoute route, boolean changed);

    /** What was asked for is recorded, and nobody waits for an answer. */
    static SchemaRequest resumed(String table, String what) {
        return new SchemaRequest(table, what) {
            @Override
            boolean isDone(TableSchema before) {
                return false;
            }

            @Override
            TableSchema edit(TableSchema before) {
                throw new IllegalStateException(what + " is recorded already");
            }

            @Override
            Reply.Builder answer(TableRoute route, boolean changed) {
                return Reply.newBuilder();
            }
        };
    }

    static SchemaRequest alter(AlterTableRequest request) {
        int count = request.getChangesCount();
        if (count == 0 || count > MAX_CHANGES) {
            throw refused(
                    ErrorCode.INVALID_ARGUMENT,
                    "alter table " + request.getName() + ": " + count + " changes (expected: 1 to " + MAX_CHANGES
                            + ")");
        }
        List<TableChange> changes =
                request.getChangesList().stream().map(TableChange::fromProto).toList();
        String what = changes.stream().map(Object::toString).limit(3).collect(Collectors.joining(", "))
                + (count > 3 ? " and " + (count - 3) + " more changes" : "") + " of table " + request.getName();
        return new SchemaRequest(request.getName(), what) {
            @Override
            boolean isDone(TableSchema before) {
                return request.getIfNeeded() && changes.stream().allMatch(change -> isMade(change, before));
            }

            @Override
            TableSchema edit(TableSchema before) {
                return before.alter(changes);
            }

            @Override
            Reply.Builder answer(TableRoute route, boolean changed) {
                return Reply.newBuilder()
                        .setAlterTable(AlterTableReply.newBuilder().setRoute(route));
            }
        };
    }

    private static boolean isMade(TableChange change, TableSchema schema) {
        // A switch over the sealed type, as Java 17 writes it.
        if (change instanceof TableChange.AddColumn add) {
            Optional<Column> column = schema.findColumn(add.name());
            return column.isPresent()
                    && column.get().type() == add.type()
                    && column.get().nullable() == add.nullable()
                    && column.get().defaultValue().equals(add.defaultValue());
        }
        if (change instanceof TableChange.RenameColumn rename) {
            return schema.findColumn(rename.from()).isEmpty()
                    && schema.findColumn(rename.to()).isPresent();
        }
        return schema.findColumn(((TableChange.DropColumn) change).name()).isEmpty();
    }

    static SchemaRequest createIndex(CreateIndexRequest request) {
        String what = "create index " + request.getName() + " on table " + request.getTable();
        return new SchemaRequest(request.getTable(), what) {
            @Override
            boolean isDone(TableSchema before) {
                Optional<Index> existing = find(before, request.getName());
                if (existing.isEmpty()) {
                    return false;
                }
                List<String> columns = existing.get().columns().stream()
                        .map(id -> before.columnOrNull(id).name())
                        .toList();
                if (request.getIfNotExists() && columns.equals(request.getColumnsList())) {
                    return true;
                }
                throw refused(
                        ErrorCode.ALREADY_EXISTS,
                        "index '" + request.getName() + "' of table '" + request.getTable() + "' exists already, on ("
                                + String.join(", ", columns) + ")");
            }

            @Override
            TableSchema edit(TableSchema before) {
                return before.withIndex(request.getName(), request.getColumnsList());
            }

            @Override
            Reply.Builder answer(TableRoute route, boolean changed) {
                return Reply.newBuilder()
                        .setCreateIndex(CreateIndexReply.newBuilder().setRoute(route));
            }
        };
    }

    static SchemaRequest dropIndex(DropIndexRequest request) {
        String what = "drop index " + request.getName() + " of table " + request.getTable();
        return new SchemaRequest(request.getTable(), what) {
            @Override
            boolean isDone(TableSchema before) {
                if (find(before, request.getName()).isPresent()) {
                    return false;
                }
                if (request.getIfExists()) {
                    return true;
                }
                throw refused(
                        ErrorCode.NOT_FOUND,
                        "index '" + request.getName() + "' of table '" + request.getTable() + "' does not exist");
            }

            @Override
            TableSchema edit(TableSchema before) {
                return before.withoutIndex(request.getName());
            }

            @Override
            Reply.Builder answer(TableRoute route, boolean changed) {
                return Reply.newBuilder()
                        .setDropIndex(
                                DropIndexReply.newBuilder().setExisted(changed).setRoute(route));
            }
        };
    }

    private static Optional<Index> find(TableSchema schema, String index) {
        return schema.indexes().stream()
                .filter(each -> each.name().equals(index))
                .findFirst();
    }

    private static MdsException refused(ErrorCode code, String message) {
        return MdsException.builder(code, message).withoutStackTrace().build();
    }
}
