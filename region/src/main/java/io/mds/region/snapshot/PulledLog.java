package io.mds.region.snapshot;

import io.mds.proto.FetchSnapshotReply;
import io.mds.region.peer.ReplicaWire;
import io.mds.region.store.ShardStore;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.List;

/**
 * Applies what came after a copy to the shard that was made of it, until the rest is so little that the leader still has it in
 * memory.
 *
 * <p>The entries are in no log of this region. So the store is made durable before the log goes on after them; that takes its
 * time, in which more comes, less each time.
 *
 * <p><em>Thread:</em> the pull's; blocks on the database.
 */
final class PulledLog {
    private static final int MAX_ROUNDS = 10;
    private static final long LITTLE_BYTES = 1 << 20;

    private final ShardStore shard;

    PulledLog(ShardStore shard) {
        this.shard = shard;
    }

    /** Gives the next page of entries. */
    interface Pages {
        FetchSnapshotReply next() throws SnapshotPull.BeginAgain, InterruptedException;
    }

    void follow(Pages pages) throws SnapshotPull.BeginAgain, InterruptedException {
        long bytes = Long.MAX_VALUE;
        for (int round = 1; round <= MAX_ROUNDS && bytes > LITTLE_BYTES; round++) {
            bytes = applyAll(pages);
            shard.makeDurable();
        }
    }

    private long applyAll(Pages pages) throws SnapshotPull.BeginAgain, InterruptedException {
        long bytes = 0;
        while (true) {
            FetchSnapshotReply page = pages.next();
            List<LogEntry> entries =
                    page.getEntriesList().stream().map(ReplicaWire::fromProto).toList();
            if (!entries.isEmpty()) {
                shard.apply(entries);
                bytes += page.getSerializedSize();
            }
            if (page.getLast()) {
                return bytes;
            }
        }
    }

    /** Where the shard is. It stays there, whatever happens. */
    LogPosition end() {
        shard.makeDurable();
        return new LogPosition(shard.appliedView(), shard.appliedIndex());
    }
}
