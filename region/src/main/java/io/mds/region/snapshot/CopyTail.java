package io.mds.region.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.id.LogIndex;
import io.mds.proto.ReplicatedEntry;
import io.mds.region.peer.ReplicaWire;
import io.mds.region.store.Followers;
import io.mds.region.store.ShardStore;
import io.mds.region.wal.LogEntry;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a shard has applied since a copy of it began, so that whoever pulls the copy need not begin anew because it took longer
 * than the shard's replica keeps its log. A little is in memory, the rest in a file that nobody else sees.
 *
 * <p><em>Thread:</em> the one that applies adds; any spills and takes, one at a time, blocking on the disk.
 */
final class CopyTail implements Followers.Follower, AutoCloseable {
    /** Between two spills. */
    private static final long MAX_MEMORY_BYTES = 8 << 20;

    private static final long MAX_FILE_BYTES = 1L << 30;
    private static final int SPILL_BYTES = 256 << 10;
    private static final int ENTRY_BYTES = 64;
    private static final int BUFFER_BYTES = 1 << 16;

    private final ShardStore shard;
    private final Path directory;

    /** Held, without {@code this}, while the file is used. */
    private final Object fileLock = new Object();

    @GuardedBy("this")
    private List<LogEntry> fresh = new ArrayList<>();

    @GuardedBy("this")
    private long freshBytes;

    @GuardedBy("this")
    private long lastIndex;

    /** Why there is no tail any more; null as long as there is one. */
    @GuardedBy("this")
    private String lost;

    @GuardedBy("fileLock")
    private OutputStream out;

    @GuardedBy("fileLock")
    private InputStream in;

    @GuardedBy("fileLock")
    private long writtenBytes;

    @GuardedBy("fileLock")
    private long readBytes;

    private CopyTail(ShardStore shard, Path directory) {
        this.shard = shard;
        this.directory = directory;
    }

    /** Of what is applied from now on. */
    static CopyTail of(ShardStore shard, Path directory) {
        CopyTail tail = new CopyTail(shard, directory);
        shard.followers().add(tail);
        return tail;
    }

    @Override
    public synchronized void applied(List<LogEntry> entries) {
        for (LogEntry entry : entries) {
            if (lost == null && entry.index().value() > lastIndex) {
                lastIndex = entry.index().value();
                fresh.add(entry);
                freshBytes += ENTRY_BYTES + entry.payload().size();
            }
        }
        if (freshBytes > MAX_MEMORY_BYTES) {
            lose("more was written at once than is kept in memory (" + MAX_MEMORY_BYTES + " bytes)");
        }
    }

    @Override
    public synchronized void interrupted() {
        lose("the shard was replaced here, or dropped");
    }

    private synchronized void lose(String reason) {
        if (lost == null) {
            lost = reason;
            fresh = new ArrayList<>();
            freshBytes = 0;
        }
    }

    /** Why the tail ended before its time; null when it did not. */
    synchronized String lost() {
        return lost;
    }

    /** Moves what is in memory into the file when it is worth it. */
    void spill() {
        synchronized (this) {
            if (freshBytes < SPILL_BYTES) {
                return;
            }
        }
        synchronized (fileLock) {
            try {
                write();
            } catch (IOException e) {
                lose("its file failed: " + e);
            }
        }
    }

    @GuardedBy("fileLock")
    private void write() throws IOException {
        List<LogEntry> entries;
        synchronized (this) {
            entries = fresh;
            fresh = new ArrayList<>();
            freshBytes = 0;
        }
        if (entries.isEmpty()) {
            return;
        }
        if (out == null) {
            open();
        }
        for (LogEntry entry : entries) {
            ReplicatedEntry encoded = ReplicaWire.toProto(entry);
            encoded.writeDelimitedTo(out);
            writtenBytes += encoded.getSerializedSize();
        }
        out.flush();
        if (writtenBytes > MAX_FILE_BYTES) {
            lose("its file has grown to " + writtenBytes + " bytes (limit: " + MAX_FILE_BYTES + ")");
        }
    }

    @GuardedBy("fileLock")
    private void open() throws IOException {
        Files.createDirectories(directory);
        Path file = Files.createTempFile(directory, "copy", ".tail");
        try {
            out = new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES);
            in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
        } finally {
            // What is open stays readable, and goes with the process.
            Files.delete(file);
        }
    }

    /**
     * Takes the next entries after an index; a single one may be larger than the limit.
     *
     * @throws UncheckedIOException when the file failed
     */
    List<ReplicatedEntry> take(LogIndex after, int maxBytes) {
        List<ReplicatedEntry> taken = new ArrayList<>();
        long bytes = 0;
        synchronized (fileLock) {
            try {
                write();
                while (readBytes < writtenBytes && bytes < maxBytes) {
                    ReplicatedEntry entry = ReplicatedEntry.parseDelimitedFrom(in);
                    readBytes += entry.getSerializedSize();
                    if (entry.getIndex() > after.value()) {
                        taken.add(entry);
                        bytes += entry.getSerializedSize();
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException("the entries after a copy of shard " + shard.id() + " are lost", e);
            }
        }
        return taken;
    }

    @Override
    public void close() {
        shard.followers().remove(this);
        lose("the copy is closed");
        synchronized (fileLock) {
            try {
                if (out != null) {
                    out.close();
                    in.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
