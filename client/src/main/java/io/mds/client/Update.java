package io.mds.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Changes to some columns of one row: {@code Update.set("owner", "root").increment("size", 1).ifVersion(7)}. Immutable.
 *
 * <p>Increments work on INT32, INT64, DOUBLE and DECIMAL columns; NULL counts as zero and an overflow fails the write. Key
 * columns cannot be changed: delete and insert.
 */
public sealed interface Update {

    /** Sets a column; null sets NULL. */
    static Changes set(String column, Object value) {
        return Changes.NONE.set(column, value);
    }

    /** Adds to a number; the difference may be negative. */
    static Changes increment(String column, Number difference) {
        return Changes.NONE.increment(column, difference);
    }

    /** What the update does and on which condition. */
    Changes changes();

    /** An update that is being put together: each method answers a new one. */
    final class Changes implements Update {
        private static final Changes NONE = new Changes(List.of(), null);

        private final List<Assignment> assignments;
        private final Condition condition;

        private Changes(List<Assignment> assignments, Condition condition) {
            this.assignments = assignments;
            this.condition = condition;
        }

        /** Sets a column; null sets NULL. */
        public Changes set(String column, Object value) {
            return plus(new Assignment(CellValues.columnName(column), CellValues.checked(column, value), false));
        }

        /** Adds to a number; the difference may be negative. */
        public Changes increment(String column, Number difference) {
            Object checked = CellValues.notNull(column, difference, "increment by a number");
            return plus(new Assignment(CellValues.columnName(column), checked, true));
        }

        /** Only when the row has exactly this version. */
        public Changes ifVersion(long version) {
            return when(Condition.ifVersion(version));
        }

        /** Only when the row exists: its absence becomes CONDITION_FAILED instead of NOT_FOUND. */
        public Changes ifExists() {
            return when(Condition.ifExists());
        }

        /** Only when the row passes the filter. */
        public Changes where(Filter filter) {
            return when(Condition.where(filter));
        }

        /** Only when the condition holds, together with those given before. */
        public Changes when(Condition more) {
            return new Changes(assignments, condition == null ? more : condition.and(more));
        }

        @Override
        public Changes changes() {
            return this;
        }

        public List<Assignment> assignments() {
            return assignments;
        }

        public Optional<Condition> condition() {
            return Optional.ofNullable(condition);
        }

        private Changes plus(Assignment assignment) {
            List<Assignment> all = new ArrayList<>(assignments);
            all.add(assignment);
            return new Changes(List.copyOf(all), condition);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Changes that
                    && assignments.equals(that.assignments)
                    && Objects.equals(condition, that.condition);
        }

        @Override
        public int hashCode() {
            return Objects.hash(assignments, condition);
        }

        @Override
        public String toString() {
            return "Update" + assignments + (condition == null ? "" : " on " + condition);
        }
    }

    /**
     * One change of one column.
     *
     * @param value the new value (null for NULL), or the difference
     * @param increment whether the value is added to what is there
     */
    record Assignment(String column, Object value, boolean increment) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Assignment that
                    && increment == that.increment
                    && column.equals(that.column)
                    && Objects.deepEquals(value, that.value);
        }

        @Override
        public int hashCode() {
            return Objects.hash(column, increment) * 31 + CellValues.hash(value);
        }

        @Override
        public String toString() {
            return column + (increment ? " += " : " = ") + CellValues.describe(value);
        }
    }
}
