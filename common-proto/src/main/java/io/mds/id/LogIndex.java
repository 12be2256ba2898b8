package io.mds.id;

/** Position of an entry in a shard's log, from 1; 0 is the position before the first entry. */
public record LogIndex(long value) implements Comparable<LogIndex> {
    public LogIndex {
        if (value < 0) {
            throw new IllegalArgumentException("log index: " + value + " (expected: >= 0)");
        }
    }

    public LogIndex next() {
        return new LogIndex(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(LogIndex other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
