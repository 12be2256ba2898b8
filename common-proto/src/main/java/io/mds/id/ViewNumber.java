package io.mds.id;

/** Number of a shard's view (its leader and replica set); only grows; 0 before the first view. */
public record ViewNumber(long value) implements Comparable<ViewNumber> {
    public ViewNumber {
        if (value < 0) {
            throw new IllegalArgumentException("view: " + value + " (expected: >= 0)");
        }
    }

    public ViewNumber next() {
        return new ViewNumber(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(ViewNumber other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
