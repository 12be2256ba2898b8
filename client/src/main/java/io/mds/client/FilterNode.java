package io.mds.client;

import io.mds.proto.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** The shapes a {@link Filter} has. Values are already of a type that MDS stores. */
sealed interface FilterNode extends Filter {

    /** {@code column op value}. */
    record Comparison(String column, Comparator comparator, Object value) implements FilterNode {
        @Override
        public String toString() {
            return column + " " + symbol(comparator) + " " + CellValues.describe(value);
        }

        private static String symbol(Comparator comparator) {
            return switch (comparator) {
                case EQUAL -> "=";
                case NOT_EQUAL -> "!=";
                case LESS -> "<";
                case LESS_OR_EQUAL -> "<=";
                case GREATER -> ">";
                case GREATER_OR_EQUAL -> ">=";
                case COMPARATOR_UNSPECIFIED, UNRECOGNIZED -> "?";
            };
        }
    }

    /** {@code column IS NULL}. */
    record IsNull(String column) implements FilterNode {
        @Override
        public String toString() {
            return column + " is null";
        }
    }

    /** {@code column IN (values)}. */
    record In(String column, List<Object> values) implements FilterNode {
        @Override
        public String toString() {
            return values.stream().map(CellValues::describe).collect(Collectors.joining(", ", column + " in (", ")"));
        }
    }

    /** The column begins with these characters or bytes. */
    record StartsWith(String column, Object prefix) implements FilterNode {
        @Override
        public String toString() {
            return column + " starts with " + CellValues.describe(prefix);
        }
    }

    /** Every term holds. */
    record And(List<Filter> terms) implements FilterNode {
        @Override
        public String toString() {
            return terms.stream().map(Filter::toString).collect(Collectors.joining(" and ", "(", ")"));
        }
    }

    /** At least one term holds. */
    record Or(List<Filter> terms) implements FilterNode {
        @Override
        public String toString() {
            return terms.stream().map(Filter::toString).collect(Collectors.joining(" or ", "(", ")"));
        }
    }

    /** The term does not hold. */
    record Not(Filter term) implements FilterNode {
        @Override
        public String toString() {
            return "not " + term;
        }
    }
}
