package io.mds.region.wal;

import java.nio.file.Path;

/** Acknowledged entries of the log cannot be read: the region must not start as if they had never been. */
public final class CorruptLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Path file;
    private final long offset;

    CorruptLogException(Path file, long offset, String problem) {
        super("log segment " + file + " is damaged at offset " + offset + ": " + problem
                + ". Entries that were acknowledged may be lost, so the region does not start. Restore the file from a copy,"
                + " or move the region's data away and let its shards be rebuilt from other replicas");
        this.file = file;
        this.offset = offset;
    }

    private CorruptLogException(String message, Path directory) {
        super(message);
        this.file = directory;
        this.offset = 0;
    }

    /** Of a log that is not there at all, and must have been. */
    public static CorruptLogException missing(Path directory, int shards) {
        return new CorruptLogException(
                "the store has " + shards + " shards, and their log is missing from " + directory
                        + ": what was acknowledged last may only have been there",
                directory);
    }

    public Path file() {
        return file;
    }

    public long offset() {
        return offset;
    }
}
