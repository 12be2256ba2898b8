package io.mds.id;

/** Number of a region; belongs to one region identity for ever and is never given to another. */
public record RegionId(long value) implements Comparable<RegionId> {
    public RegionId {
        if (value < 1) {
            throw new IllegalArgumentException("region id: " + value + " (expected: >= 1)");
        }
    }

    public RegionId next() {
        return new RegionId(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(RegionId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
