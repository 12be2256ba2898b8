package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is remembered of the latest changes of all shards, within one bound in bytes; the oldest of all are forgotten first.
 *
 * <p>What is remembered is kept in files as well. It is written before the database gets the rows that it is about: the
 * region's log brings back, and tells again, what the database lacks after a restart, and nothing before that.
 *
 * <p><em>Thread:</em> any. {@link #keep} and what has to do with files block on the disk.
 */
final class ChangeMemory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeMemory.class);

    /** The changes of one shard that were applied together. */
    interface Part {
        long bytes();

        void forget();

        ChangeRecord toRecord();
    }

    private final long maxBytes;

    @GuardedBy("this")
    private final Deque<Part> inOrder = new ArrayDeque<>();

    @GuardedBy("this")
    private long bytes;

    /** So many of the last parts are in no file yet. */
    @GuardedBy("this")
    private int unwritten;

    /** Held while files are written. */
    private final ReentrantLock filesLock = new ReentrantLock();

    /** Null when nothing is kept. */
    private final ChangeFiles files;

    /**
     * @param maxBytes 0 remembers nothing
     * @param directory where it is kept; empty for memory alone
     */
    ChangeMemory(long maxBytes, Optional<Path> directory) {
        this.maxBytes = maxBytes;
        this.files = maxBytes == 0
                ? null
                : directory.map(path -> new ChangeFiles(path, maxBytes)).orElse(null);
    }

    /** The memory of one more shard, which is applied up to this index; empty when nothing is to be remembered. */
    Optional<ShardChanges> addShard(ShardId id, LogIndex applied) {
        return maxBytes == 0 ? Optional.empty() : Optional.of(new ShardChanges(id, this, applied));
    }

    /** Remembers again what was kept in files. Once, before anything is applied. */
    void restore(Function<ShardId, Optional<ShardChanges>> shards) {
        if (files == null) {
            return;
        }
        Map<ShardId, ShardChanges.Restoring> found = new HashMap<>();
        filesLock.lock();
        try {
            files.read(
                    shard -> shards.apply(shard).isPresent(),
                    record -> found.computeIfAbsent(
                                    record.shard(),
                                    shard -> shards.apply(shard).orElseThrow().restoring())
                            .add(record));
        } catch (IOException e) {
            LOG.warn("changes before the restart are forgotten: {}", e.toString());
        } finally {
            filesLock.unlock();
        }
        found.values().forEach(ShardChanges.Restoring::end);
        synchronized (this) {
            unwritten = 0;
        }
    }

    synchronized void add(Part part) {
        inOrder.add(part);
        unwritten++;
        bytes += part.bytes();
        while (bytes > maxBytes && !inOrder.isEmpty()) {
            Part oldest = inOrder.poll();
            unwritten = Math.min(unwritten, inOrder.size());
            bytes -= oldest.bytes();
            // Under the lock: those of one shard are forgotten in their order.
            oldest.forget();
        }
    }

    /**
     * Brings what is remembered into the files, before the database gets the rows of a shard.
     *
     * @param mark says what the database is about to have of the shard's log
     */
    void keep(ChangeRecord mark) {
        if (files == null) {
            return;
        }
        filesLock.lock();
        try {
            List<ChangeRecord> records = new ArrayList<>();
            takeUnwritten().forEach(part -> records.add(part.toRecord()));
            records.add(mark);
            files.write(records);
        } catch (IOException e) {
            LOG.warn("the latest changes will be forgotten when the region restarts: {}", e.toString());
        } finally {
            filesLock.unlock();
        }
    }

    private synchronized List<Part> takeUnwritten() {
        List<Part> taken = new ArrayList<>(unwritten);
        Iterator<Part> fromLast = inOrder.descendingIterator();
        while (taken.size() < unwritten) {
            taken.add(fromLast.next());
        }
        Collections.reverse(taken);
        unwritten = 0;
        return taken;
    }

    /** The shard is gone. */
    void drop(ShardId shard) {
        if (files != null) {
            filesLock.lock();
            try {
                files.forget(shard);
            } finally {
                filesLock.unlock();
            }
        }
    }

    /** Makes what is kept survive a crash of the machine. */
    void force() {
        onFiles(ChangeFiles::force);
    }

    @Override
    public void close() {
        onFiles(ChangeFiles::close);
    }

    private interface Work {
        void on(ChangeFiles files) throws IOException;
    }

    private void onFiles(Work work) {
        if (files == null) {
            return;
        }
        filesLock.lock();
        try {
            work.on(files);
        } catch (IOException e) {
            LOG.warn("the latest changes may be forgotten when the machine restarts: {}", e.toString());
        } finally {
            filesLock.unlock();
        }
    }

    synchronized long bytes() {
        return bytes;
    }
}
