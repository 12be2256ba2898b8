package io.mds.id;

/** Fencing number of a master's term: grows by one at every takeover; 0 before the first master. */
public record Epoch(long value) implements Comparable<Epoch> {
    public Epoch {
        if (value < 0) {
            throw new IllegalArgumentException("epoch: " + value + " (expected: >= 0)");
        }
    }

    public Epoch next() {
        return new Epoch(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
