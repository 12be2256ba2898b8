package io.mds.region.wal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The few file operations that the log needs, so that tests can make them fail as disks do. */
public interface LogFiles {
    /** The files of the operating system. */
    static LogFiles onDisk() {
        return new DiskLogFiles();
    }

    /** Creates a file that must not exist, open for reading and writing. */
    LogFile create(Path file) throws IOException;

    LogFile open(Path file) throws IOException;

    /** The files directly in a directory. */
    List<Path> list(Path directory) throws IOException;

    void createDirectories(Path directory) throws IOException;

    /** Replaces the target atomically. */
    void rename(Path from, Path to) throws IOException;

    void delete(Path file) throws IOException;

    /** Makes creations, renames and deletions in a directory durable. */
    void forceDirectory(Path directory) throws IOException;

    /**
     * Takes the directory for this process until the returned lock is closed.
     *
     * @throws IOException when another process, or another log of this one, has it
     */
    Closeable lock(Path directory) throws IOException;

    /** An open file. */
    interface LogFile extends Closeable {
        /** Writes some of the buffer's bytes at a position and returns how many. */
        int write(ByteBuffer source, long position) throws IOException;

        /** Reads up to the buffer's room at a position; -1 at the end. */
        int read(ByteBuffer target, long position) throws IOException;

        long size() throws IOException;

        void truncate(long size) throws IOException;

        /** Returns when all written bytes are on the medium. */
        void force() throws IOException;
    }

    /** The real ones. */
    static LogFiles ofDisk() {
        return new DiskLogFiles();
    }
}
