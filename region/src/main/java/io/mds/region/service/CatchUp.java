package io.mds.region.service;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.proto.FetchSnapshotRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.region.peer.Peers;
import io.mds.region.snapshot.SnapshotPull;
import io.mds.region.snapshot.SnapshotPulls;
import io.mds.region.snapshot.SnapshotSettings;
import io.mds.region.wal.LogPosition;
import io.mds.rpc.Deadline;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings replicas up to date that lack more than their leader has kept of its log: pulls a copy of the shard, after which
 * the log goes on.
 *
 * <p>Thread: any; nothing here blocks. A shard is pulled once at a time; when that fails, the leader will say again that the
 * replica is behind.
 */
public final class CatchUp implements ShardHost.Behind, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);
    private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** After a copy has come. A leader that still lacks something to send says so again; what it said before is out of date. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final SnapshotPulls pulls;
    private final SnapshotSettings settings;
    private final Peers peers;

    /** Those under way, and the last that came of each shard. */
    private final Map<ShardId, Pulled> pulled = new ConcurrentHashMap<>();

    public CatchUp(SnapshotPulls pulls, SnapshotSettings settings, Peers peers) {
        this.pulls = pulls;
        this.settings = settings;
        this.peers = peers;
    }

    /** A shard on its way, and where it comes from. */
    private final class Pulled {
        private final ShardHost shard;
        private final RegionId leader;
        private final long begunNanos = System.nanoTime();
        private long reportedNanos = begunNanos;
        private volatile SnapshotPull pull;
        private volatile boolean came;
        private volatile long cameNanos;

        private Pulled(ShardHost shard, RegionId leader) {
            this.shard = shard;
            this.leader = leader;
        }

        CompletableFuture<Reply> ask(FetchSnapshotRequest request) {
            return peers.call(
                    leader, Request.newBuilder().setFetchSnapshot(request), Deadline.after(settings.pageTimeout()));
        }

        /** The pull's thread. */
        void progress(long rows, long totalRows, long bytes) {
            shard.copied(bytes);
            long now = System.nanoTime();
            if (now - reportedNanos > REPORT_NANOS) {
                reportedNanos = now;
                LOG.info(
                        "shard {}: {} of {} rows ({} MiB) have come from region {}",
                        shard.id(),
                        rows,
                        totalRows,
                        bytes >> 20,
                        leader);
            }
        }

        boolean isInTheWay() {
            return !came || System.nanoTime() - cameNanos < QUIET_NANOS;
        }

        void ended(LogPosition position, Throwable failure) {
            if (failure != null) {
                pulled.remove(shard.id(), this);
                String reason = failure.getMessage() == null ? failure.toString() : failure.getMessage();
                LOG.info("shard {}: no copy came from region {}: {}", shard.id(), leader, reason);
                return;
            }
            LOG.info(
                    "shard {}: a copy of {} rows came from region {} in {} ms; the log goes on from {}",
                    shard.id(),
                    shard.store().rowCount(),
                    leader,
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNanos),
                    position);
            try {
                shard.restored(position);
            } finally {
                pull = null;
                cameNanos = System.nanoTime();
                came = true;
            }
        }
    }

    @Override
    public void behind(ShardHost shard, RegionId leader) {
        Pulled fresh = new Pulled(shard, leader);
        boolean begins = fresh.equals(
                pulled.compute(shard.id(), (id, last) -> last != null && last.isInTheWay() ? last : fresh));
        if (!begins) {
            return;
        }
        try {
            SnapshotPull pull =
                    pulls.start(shard.id(), shard.store().schema(), shard.promised(), fresh::ask, fresh::progress);
            fresh.pull = pull;
            var unused = pull.result().whenComplete(fresh::ended);
        } catch (RejectedExecutionException e) {
            pulled.remove(shard.id(), fresh);
            LOG.debug("shard {} is not pulled: the region is stopping", shard.id());
        }
    }

    /** The shard is dropped: nobody needs the rest of it. */
    void forget(ShardId shard) {
        Pulled last = pulled.remove(shard);
        SnapshotPull pull = last == null ? null : last.pull;
        if (pull != null) {
            pull.cancel("the shard was dropped from this region");
        }
    }

    @Override
    public void close() {
        pulls.close();
    }
}
