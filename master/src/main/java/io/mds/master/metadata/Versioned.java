package io.mds.master.metadata;

/**
 * A value as ZooKeeper holds it: the version for the next compare-and-set travels with it.
 *
 * @param version the znode's version
 * @param zxid the transaction that wrote the value
 */
public record Versioned<T>(T value, int version, long zxid) {
    /** What a successful compare-and-set on this one leaves behind. */
    public Versioned<T> replacedBy(T next, long nextZxid) {
        return new Versioned<>(next, version + 1, nextZxid);
    }
}
