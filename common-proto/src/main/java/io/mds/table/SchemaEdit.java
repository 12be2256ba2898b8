package io.mds.table;

import java.util.ArrayList;
import java.util.List;

/**
 * Changes of a schema on their way to the next one. Ids of columns and indexes that went are not given again, so that rows of
 * any age are read right.
 *
 * <p>Thread: confined to one change.
 */
final class SchemaEdit {
    private final TableSchema before;
    private final List<Column> columns;
    private final List<Index> indexes;
    private SchemaIds next;

    SchemaEdit(TableSchema before) {
        this.before = before;
        this.columns = new ArrayList<>(before.columns());
        this.indexes = new ArrayList<>(before.indexes());
        this.next = before.ids();
    }

    TableSchema end() {
        return new TableSchema(
                before.tableId(),
                before.name(),
                before.version() + 1,
                columns,
                before.keyIds(),
                before.partitionColumns(),
                before.shards(),
                before.replicas(),
                indexes,
                next);
    }

    SchemaEdit alter(TableChange change) {
        // A switch over the sealed type, as Java 17 writes it.
        if (change instanceof TableChange.AddColumn add) {
            add(add);
        } else if (change instanceof TableChange.RenameColumn rename) {
            rename(rename);
        } else {
            drop((TableChange.DropColumn) change);
        }
        return this;
    }

    private void add(TableChange.AddColumn add) {
        require(
                columns.stream().noneMatch(column -> column.name().equals(add.name())),
                "column " + ValueText.shown(add.name()) + " exists already");
        require(
                add.nullable() || add.defaultValue().isPresent(),
                "column " + ValueText.shown(add.name())
                        + " must be nullable or have a default, for the rows that are there");
        require(
                next.column() <= TableSchema.MAX_COLUMN_ID,
                "no more columns can be added: " + TableSchema.MAX_COLUMN_ID + " were, dropped ones included");
        try {
            columns.add(new Column(next.column(), add.name(), add.type(), add.nullable(), add.defaultValue()));
        } catch (IllegalArgumentException e) {
            throw Problems.invalid(
                    before, "the default of column " + ValueText.shown(add.name()) + ": " + e.getMessage());
        }
        next = new SchemaIds(next.column() + 1, next.index());
    }

    private void rename(TableChange.RenameColumn rename) {
        Column old = column(rename.from());
        require(
                columns.stream().noneMatch(column -> column.name().equals(rename.to())),
                "column " + ValueText.shown(rename.to()) + " exists already");
        columns.set(
                columns.indexOf(old),
                new Column(old.id(), rename.to(), old.type(), old.nullable(), old.defaultValue()));
    }

    private void drop(TableChange.DropColumn drop) {
        Column old = column(drop.name());
        require(
                before.keyPosition(old.id()) < 0,
                "column '" + old.name() + "' is in the primary key and cannot be dropped");
        for (Index index : indexes) {
            require(
                    !index.columns().contains(old.id()),
                    "column '" + old.name() + "' is in index '" + index.name() + "'; drop the index first");
        }
        columns.remove(old);
    }

    SchemaEdit createIndex(String name, List<String> columnNames) {
        require(
                indexes.stream().noneMatch(index -> index.name().equals(name)),
                "index " + ValueText.shown(name) + " exists already");
        List<Integer> ids =
                columnNames.stream().map(column -> column(column).id()).toList();
        for (Index index : indexes) {
            require(!index.columns().equals(ids), "index '" + index.name() + "' has these columns already");
        }
        indexes.add(new Index(next.index(), name, ids));
        next = new SchemaIds(next.column(), next.index() + 1);
        return this;
    }

    SchemaEdit dropIndex(String name) {
        require(indexes.removeIf(index -> index.name().equals(name)), "no index " + ValueText.shown(name));
        return this;
    }

    private Column column(String name) {
        return columns.stream()
                .filter(column -> column.name().equals(name))
                .findFirst()
                .orElseThrow(() -> Problems.invalid(
                        before, "no column " + ValueText.shown(name) + " (it has: " + Problems.names(columns) + ")"));
    }

    private void require(boolean condition, String problem) {
        if (!condition) {
            throw Problems.invalid(before, problem);
        }
    }
}
