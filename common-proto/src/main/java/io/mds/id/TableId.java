package io.mds.id;

/** Number of a table; never reused, so that a dropped table's late requests cannot reach a new one of its name. */
public record TableId(long value) implements Comparable<TableId> {
    public TableId {
        if (value < 1) {
            throw new IllegalArgumentException("table id: " + value + " (expected: >= 1)");
        }
    }

    public TableId next() {
        return new TableId(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(TableId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
