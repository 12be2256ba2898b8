package io.mds.client;

import io.mds.error.MdsException;
import io.mds.proto.Comparator;
import io.mds.proto.ErrorCode;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** Makes {@link Filter}s: {@code and(eq("owner", "root"), gt("size", 1000))}. */
public final class Filters {
    private Filters() {}

    public static Filter eq(String column, Object value) {
        return comparison(column, Comparator.EQUAL, value);
    }

    public static Filter ne(String column, Object value) {
        return comparison(column, Comparator.NOT_EQUAL, value);
    }

    public static Filter lt(String column, Object value) {
        return comparison(column, Comparator.LESS, value);
    }

    public static Filter le(String column, Object value) {
        return comparison(column, Comparator.LESS_OR_EQUAL, value);
    }

    public static Filter gt(String column, Object value) {
        return comparison(column, Comparator.GREATER, value);
    }

    public static Filter ge(String column, Object value) {
        return comparison(column, Comparator.GREATER_OR_EQUAL, value);
    }

    public static Filter in(String column, Object... values) {
        return in(column, Arrays.asList(values));
    }

    public static Filter in(String column, Collection<?> values) {
        List<Object> checked = values.stream()
                .map(value -> CellValues.notNull(column, value, "use isNull(\"" + column + "\")"))
                .toList();
        return new FilterNode.In(CellValues.columnName(column), checked);
    }

    /** For STRING columns. */
    public static Filter startsWith(String column, String prefix) {
        return new FilterNode.StartsWith(
                CellValues.columnName(column), CellValues.notNull(column, prefix, "give a prefix"));
    }

    /** For BYTES columns. */
    public static Filter startsWith(String column, byte[] prefix) {
        return new FilterNode.StartsWith(
                CellValues.columnName(column), CellValues.notNull(column, prefix, "give a prefix"));
    }

    public static Filter isNull(String column) {
        return new FilterNode.IsNull(CellValues.columnName(column));
    }

    public static Filter isNotNull(String column) {
        return not(isNull(column));
    }

    public static Filter and(Filter... terms) {
        return and(List.of(terms));
    }

    public static Filter and(List<Filter> terms) {
        return terms.size() == 1 ? terms.get(0) : new FilterNode.And(notEmpty("and", terms));
    }

    public static Filter or(Filter... terms) {
        return or(List.of(terms));
    }

    public static Filter or(List<Filter> terms) {
        return terms.size() == 1 ? terms.get(0) : new FilterNode.Or(notEmpty("or", terms));
    }

    public static Filter not(Filter term) {
        return new FilterNode.Not(term);
    }

    private static Filter comparison(String column, Comparator comparator, Object value) {
        return new FilterNode.Comparison(
                CellValues.columnName(column),
                comparator,
                CellValues.notNull(column, value, "use isNull(\"" + column + "\")"));
    }

    private static List<Filter> notEmpty(String name, List<Filter> terms) {
        if (terms.isEmpty()) {
            throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "filter '" + name + "' without terms (expected: >= 1)");
        }
        return List.copyOf(terms);
    }
}
