package io.mds.table;

import io.mds.error.MdsException;
import io.mds.proto.Comparator;
import io.mds.proto.Filter;
import io.mds.proto.Value;
import io.mds.table.FilterEvaluator.RowView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Checks a filter against a schema and turns it into a predicate.
 *
 * <p>Thread: confined to one compilation.
 */
final class FilterCompiler {
    private static final int MAX_DEPTH = 50;
    private static final String TOO_LARGE = "a filter deeper than " + MAX_DEPTH + " levels or larger than "
            + FilterEvaluator.MAX_NODES + " terms and values; split it";

    private final TableSchema schema;
    private final BitSet asked = new BitSet();
    private int nodes;

    FilterCompiler(TableSchema schema) {
        this.schema = schema;
    }

    Predicate<RowView> compile(Filter filter) {
        return compile(filter, 0);
    }

    /** Ids of the columns that the compiled filter asks for. */
    BitSet askedColumns() {
        return asked;
    }

    private Predicate<RowView> compile(Filter filter, int depth) {
        if (depth > MAX_DEPTH || ++nodes > FilterEvaluator.MAX_NODES) {
            throw invalid(TOO_LARGE);
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
        if (nodes > FilterEvaluator.MAX_NODES) {
            throw invalid(TOO_LARGE);
        }
        ColumnType type = column.type();
        Object[] wanted = in.getValuesList().stream()
                .map(each -> value(column, each))
                .filter(Objects::nonNull)
                .sorted((left, right) -> Values.compare(type, left, right))
                .toArray();
        return row -> {
            Object value = row.value(column);
            return value != null
                    && Arrays.binarySearch(wanted, value, (left, right) -> Values.compare(type, left, right)) >= 0;
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
        asked.set(id);
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
        return Problems.invalid(schema, problem);
    }
}
