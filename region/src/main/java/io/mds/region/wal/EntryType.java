package io.mds.region.wal;

/** What an entry of a shard's log holds. */
public enum EntryType {
    /** Opens a view; no payload, changes no row. */
    BARRIER(1),
    /** A {@link io.mds.proto.WriteRequest}. */
    WRITE(2),
    /** A {@link io.mds.proto.ChecksumOrder}; changes no row. */
    CHECKSUM(3),
    /** A newer {@link io.mds.proto.TableSchema} of the shard's table, for the entries after it. */
    // 4 and 5 are records of the region's log that are no entries.
    SCHEMA(6);

    private static final EntryType[] ALL = values();

    private final byte code;

    EntryType(int code) {
        this.code = (byte) code;
    }

    /** The number that stands for this type on disk and between regions. */
    public byte code() {
        return code;
    }

    /** @throws IllegalArgumentException when no type has this number */
    public static EntryType of(int code) {
        for (EntryType type : ALL) {
            if (type.code == code) {
                return type;
            }
        }
        throw new IllegalArgumentException("a record of type " + code + ", perhaps of a newer version");
    }
}
