package io.mds.table;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Comparator;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter;
import io.mds.proto.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * A filter made ready for one table: its columns are looked up and its values converted once, then it is asked row by
 * row.
 *
 * <p>Two-valued: a comparison with NULL is false, and NOT of it is true. Immutable; any thread.
 */
public final class FilterEvaluator {
    /** Nodes of the largest filter. */
    public static final int MAX_NODES = 1_000;

    private static final int MAX_DEPTH = 50;

    private final TableSchema schema;
    private final KeyCodec keys;
    private final RowCodec rows;
    private final Predicate<RowView> test;
    private int nodes;

    /**
     * @throws MdsException INVALID_ARGUMENT when the filter names unknown columns, compares with values of wrong types, or
     *     is too large
     */
    public FilterEvaluator(TableSchema schema, Filter filter) {
        this.schema = schema;
        this.keys = new KeyCodec(schema);
        this.rows = new RowCodec(schema);
        this.test = compile(filter, 0);
    }

    /** Whether a row satisfies the filter. */
    public boolean test(byte[] key, ByteString row) {
        return test.test(new RowView(key, row));
    }

    private Predicate<RowView> compile(Filter filter, int depth) {
        if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
            throw invalid("a filter deeper than " + MAX_DEPTH + " levels or larger than " + MAX_NODES + " terms");
        }
        return switch (filter.getKindCase()) {
            case COMPARISON -> comparison(filter.getComparison());
            case IS_NULL -> {
                Column column = column(filter.getIsNull().getColumnId());
                yield row -> row.value(column) == null;
            }
            case IN -> in(filter.getIn());
            case STARTS_WITH -> startsWith(filter.getStartsWith());
            case AND -> {
                List<Predicate<RowView>> terms = terms(filter.getAnd(), depth);
                yield row -> {
                    for (Predicate<RowView> term : terms) {
                        if (!term.test(row)) {
                            return false;
                        }
                    }
                    return true;
                };
            }
            case OR -> {
                List<Predicate<RowView>> terms = terms(filter.getOr(), depth);
                yield row -> {
                    for (Predicate<RowView> term : terms) {
                        if (term.test(row)) {
                            return true;
                        }
                    }
                    return false;
                };
            }
            case NOT -> compile(filter.getNot(), depth + 1).negate();
            case KIND_NOT_SET -> throw invalid("a filter term without a kind");
        };
    }

    private List<Predicate<RowView>> terms(Filter.Terms terms, int depth) {
        List<Predicate<RowView>> compiled = new ArrayList<>();
        for (Filter term : terms.getTermsList()) {
            compiled.add(compile(term, depth + 1));
        }
        return compiled;
    }

    private Predicate<RowView> comparison(Filter.Comparison comparison) {
        Column column = column(comparison.getColumnId());
        Object wanted = value(column, comparison.getValue());
        Comparator comparator = comparison.getComparator();
        if (comparator == Comparator.COMPARATOR_UNSPECIFIED || comparator == Comparator.UNRECOGNIZED) {
            throw invalid("a comparison of column '" + column.name() + "' without a comparator");
        }
        if (wanted == null) {
            return row -> false;
        }
        return row -> {
            Object value = row.value(column);
            return value != null && holds(comparator, Values.compare(column.type(), value, wanted));
        };
    }

    private static boolean holds(Comparator comparator, int order) {
        return switch (comparator) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case LESS -> order < 0;
            case LESS_OR_EQUAL -> order <= 0;
            case GREATER -> order > 0;
            case GREATER_OR_EQUAL -> order >= 0;
            case COMPARATOR_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    }

    private Predicate<RowView> in(Filter.In in) {
        Column column = column(in.getColumnId());
        nodes += in.getValuesCount();
        if (nodes > MAX_NODES) {
            throw invalid("a filter larger than " + MAX_NODES + " terms");
        }
        List<Object> wanted = new ArrayList<>();
        for (Value each : in.getValuesList()) {
            Object value = value(column, each);
            if (value != null) {
                wanted.add(value);
            }
        }
        return row -> {
            Object value = row.value(column);
            return value != null && wanted.stream().anyMatch(each -> Values.equal(column.type(), value, each));
        };
    }

    private Predicate<RowView> startsWith(Filter.StartsWith startsWith) {
        Column column = column(startsWith.getColumnId());
        Object prefix = value(column, startsWith.getPrefix());
        if (prefix instanceof String text && column.type() == ColumnType.STRING) {
            return row -> row.value(column) instanceof String value && value.startsWith(text);
        }
        if (prefix instanceof byte[] bytes) {
            return row -> row.value(column) instanceof byte[] value
                    && value.length >= bytes.length
                    && Arrays.equals(value, 0, bytes.length, bytes, 0, bytes.length);
        }
        throw invalid("'starts with' on column '" + column.name() + "' of type " + column.type()
                + " (expected: STRING or BYTES, and a prefix)");
    }

    private Column column(int id) {
        Column column = schema.columnOrNull(id);
        if (column == null) {
            throw invalid("a filter on column id " + id + ", which the table does not have");
        }
        return column;
    }

    private Object value(Column column, Value proto) {
        try {
            return Values.fromProto(column.type(), proto);
        } catch (IllegalArgumentException e) {
            throw invalid("filter on column '" + column.name() + "': " + e.getMessage());
        }
    }

    private MdsException invalid(String problem) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, "table '" + schema.name() + "': " + problem)
                .withoutStackTrace()
                .build();
    }

    /** One row under test; key and row are decoded when first asked for. */
    private final class RowView {
        private final byte[] key;
        private final ByteString row;
        private Object[] keyValues;
        private Object[] rowValues;

        private RowView(byte[] key, ByteString row) {
            this.key = key;
            this.row = row;
        }

        Object value(Column column) {
            int position = schema.keyPosition(column.id());
            if (position >= 0) {
                if (keyValues == null) {
                    keyValues = keys.decode(key);
                }
                return keyValues[position];
            }
            if (rowValues == null) {
                rowValues = rows.decode(row);
            }
            return rowValues[column.id()];
        }
    }
}
