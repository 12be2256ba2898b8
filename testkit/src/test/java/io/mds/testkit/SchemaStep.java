package io.mds.testkit;

import io.mds.client.MdsClient;
import io.mds.table.ColumnType;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import io.mds.testkit.TableShape.ColumnShape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * One change that a client asks for.
 *
 * @param after the table when it is done; empty when there is none any more
 */
record SchemaStep(String what, Optional<TableShape> after, Call call) {
    private static final int MOST_COLUMNS = 6;
    private static final int MOST_INDEXES = 2;

    /** Answers the schema after it, null for a table that is gone. */
    interface Call {
        TableSchema on(MdsClient client);
    }

    static SchemaStep create(String table) {
        return new SchemaStep(
                "create table " + table,
                Optional.of(TableShape.first()),
                client -> client.createTable(TableShape.schema(table)));
    }

    static SchemaStep drop(String table) {
        return new SchemaStep("drop table " + table, Optional.empty(), client -> {
            client.dropTable(table);
            return null;
        });
    }

    /** A change of columns or indexes that can be made. */
    static SchemaStep change(String table, TableShape before, Random random) {
        List<String> unused = unused(before.values(), "c", MOST_COLUMNS + 1);
        List<String> unindexed = before.unindexed();
        List<String> noIndexes = unused(before.indexes().keySet(), "i", MOST_INDEXES);
        return switch (random.nextInt(8)) {
            case 0, 1 ->
                before.values().size() >= MOST_COLUMNS
                        ? rename(table, before, random)
                        : add(table, before, pick(unused, random), random);
            case 2, 3 ->
                unindexed.size() < 2
                        ? rename(table, before, random)
                        : dropColumn(table, before, pick(unindexed, random));
            case 4, 5 ->
                noIndexes.isEmpty()
                        ? rename(table, before, random)
                        : createIndex(table, before, pick(noIndexes, random), random);
            case 6 ->
                before.indexes().isEmpty()
                        ? rename(table, before, random)
                        : dropIndex(table, before, pick(sorted(before.indexes().keySet()), random));
            default -> rename(table, before, random);
        };
    }

    private static SchemaStep add(String table, TableShape before, String name, Random random) {
        boolean nullable = random.nextBoolean();
        TableChange change = nullable
                ? TableChange.addNullableColumn(name, ColumnType.INT64)
                : TableChange.addColumn(name, ColumnType.INT64, TableShape.DEFAULT);
        return alter(table, before.add(nullable ? ColumnShape.nullable(name) : ColumnShape.withDefault(name)), change);
    }

    private static SchemaStep rename(String table, TableShape before, Random random) {
        String from = pick(before.values(), random);
        // One name more than there are columns, so that there always is an unused one.
        String to = pick(unused(before.values(), "c", MOST_COLUMNS + 1), random);
        return alter(table, before.rename(from, to), TableChange.renameColumn(from, to));
    }

    private static SchemaStep dropColumn(String table, TableShape before, String name) {
        return alter(table, before.drop(name), TableChange.dropColumn(name));
    }

    private static SchemaStep alter(String table, TableShape after, TableChange change) {
        return new SchemaStep(
                change + " of table " + table, Optional.of(after), client -> client.alterTable(table, change));
    }

    private static SchemaStep createIndex(String table, TableShape before, String index, Random random) {
        List<String> columns = new ArrayList<>(before.values());
        Collections.shuffle(columns, random);
        List<String> chosen = List.copyOf(columns.subList(0, 1 + random.nextInt(Math.min(2, columns.size()))));
        if (before.indexes().containsValue(chosen)) {
            // No two may have the same columns.
            return rename(table, before, random);
        }
        return new SchemaStep(
                "create index " + index + " on " + chosen + " of table " + table,
                Optional.of(before.withIndex(index, chosen)),
                client -> client.createIndex(table, index, chosen.toArray(String[]::new)));
    }

    private static SchemaStep dropIndex(String table, TableShape before, String index) {
        return new SchemaStep(
                "drop index " + index + " of table " + table,
                Optional.of(before.withoutIndex(index)),
                client -> client.dropIndex(table, index));
    }

    private static List<String> unused(Iterable<String> used, String prefix, int most) {
        List<String> names = new ArrayList<>(
                IntStream.range(0, most).mapToObj(n -> prefix + n).toList());
        used.forEach(names::remove);
        return names;
    }

    /** The same order in each run, which that of a set is not. */
    private static List<String> sorted(Iterable<String> names) {
        List<String> all = new ArrayList<>();
        names.forEach(all::add);
        Collections.sort(all);
        return all;
    }

    private static <T> T pick(List<T> from, Random random) {
        return from.get(random.nextInt(from.size()));
    }
}
