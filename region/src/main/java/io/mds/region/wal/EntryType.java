package io.mds.region.wal;

/** What an entry of a shard's log holds. */
public enum EntryType {
    /** Opens a view; no payload, changes no row. */
    BARRIER(1),
    /** A {@link io.mds.proto.WriteRequest}. */
    WRITE(2);

    private final byte code;

    EntryType(int code) {
        this.code = (byte) code;
    }

    /** The number that stands for this type on disk. */
    byte code() {
        return code;
    }
}
