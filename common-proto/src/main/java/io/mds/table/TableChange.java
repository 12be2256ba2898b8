package io.mds.table;

import io.mds.error.MdsException;
import java.util.Objects;
import java.util.Optional;

/** One change of a table's columns. */
public sealed interface TableChange {
    /**
     * A new column, after those that there are.
     *
     * @param defaultValue what the rows have that are there, and those that are written without the column; given when, and
     *     only when, the column is NOT NULL
     */
    record AddColumn(String name, ColumnType type, boolean nullable, Optional<Object> defaultValue)
            implements TableChange {
        public AddColumn {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(type, "type");
            Objects.requireNonNull(defaultValue, "defaultValue");
        }

        @Override
        public String toString() {
            return "add column " + name;
        }
    }

    /** Another name for a column. */
    record RenameColumn(String from, String to) implements TableChange {
        public RenameColumn {
            Objects.requireNonNull(from, "from");
            Objects.requireNonNull(to, "to");
        }

        @Override
        public String toString() {
            return "rename column " + from + " to " + to;
        }
    }

    /** A column goes, with its values. Neither one of the key nor one of an index. */
    record DropColumn(String name) implements TableChange {
        public DropColumn {
            Objects.requireNonNull(name, "name");
        }

        @Override
        public String toString() {
            return "drop column " + name;
        }
    }

    /** A new column, which is NULL in the rows that are there. */
    static TableChange addNullableColumn(String name, ColumnType type) {
        return new AddColumn(name, type, true, Optional.empty());
    }

    /** A new column that is never NULL, and has this value in the rows that are there or are written without it. */
    static TableChange addColumn(String name, ColumnType type, Object defaultValue) {
        return new AddColumn(name, type, false, Optional.of(defaultValue));
    }

    static TableChange renameColumn(String from, String to) {
        return new RenameColumn(from, to);
    }

    static TableChange dropColumn(String name) {
        return new DropColumn(name);
    }

    /** @throws MdsException INVALID_ARGUMENT when the default is not a value of the column's type */
    default io.mds.proto.TableChange toProto() {
        io.mds.proto.TableChange.Builder proto = io.mds.proto.TableChange.newBuilder();
        // A switch over the sealed type, as Java 17 writes it.
        if (this instanceof AddColumn add) {
            Column column;
            try {
                column = new Column(0, add.name(), add.type(), add.nullable(), add.defaultValue());
            } catch (IllegalArgumentException e) {
                throw Problems.invalidColumn(add.name(), e.getMessage());
            }
            proto.getAddColumnBuilder().setColumn(SchemaProtos.toProto(column));
        } else if (this instanceof RenameColumn rename) {
            proto.getRenameColumnBuilder().setFrom(rename.from()).setTo(rename.to());
        } else if (this instanceof DropColumn drop) {
            proto.getDropColumnBuilder().setName(drop.name());
        }
        return proto.build();
    }

    /** @throws MdsException INVALID_ARGUMENT when it is not a change that is known */
    static TableChange fromProto(io.mds.proto.TableChange proto) {
        return switch (proto.getKindCase()) {
            case ADD_COLUMN -> {
                io.mds.proto.Column added = proto.getAddColumn().getColumn();
                Column column;
                try {
                    column = SchemaProtos.fromProto(added);
                } catch (IllegalArgumentException e) {
                    throw Problems.invalidColumn(added.getName(), e.getMessage());
                }
                yield new AddColumn(column.name(), column.type(), column.nullable(), column.defaultValue());
            }
            case RENAME_COLUMN ->
                new RenameColumn(
                        proto.getRenameColumn().getFrom(),
                        proto.getRenameColumn().getTo());
            case DROP_COLUMN -> new DropColumn(proto.getDropColumn().getName());
            case KIND_NOT_SET -> throw Problems.invalidColumn("", "a change of no kind, perhaps of a newer version");
        };
    }
}
