package io.mds.id;

/** Number of a shard, unique in the cluster and never reused. */
public record ShardId(long value) implements Comparable<ShardId> {
    public ShardId {
        if (value < 1) {
            throw new IllegalArgumentException("shard id: " + value + " (expected: >= 1)");
        }
    }

    public ShardId next() {
        return new ShardId(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(ShardId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
