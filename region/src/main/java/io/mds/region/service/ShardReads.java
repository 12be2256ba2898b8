package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.proto.Consistency;
import io.mds.proto.ErrorCode;
import io.mds.proto.Freshness;
import io.mds.proto.ReadState;
import io.mds.proto.Reply;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads as consistent as they were asked to be. A strong one is answered by a leader that had the lease of a majority after
 * it had read; the others by any replica that is new enough.
 *
 * <p>Thread: begins on event loops; what is not in memory is read on workers.
 */
final class ShardReads {
    private static final Logger LOG = LoggerFactory.getLogger(ShardReads.class);
    /** In tenths of a lease: with less left, the next one is asked for while strong reads go on. */
    private static final int RENEW_TENTHS = 4;

    private final Executor workers;
    private final long renewNanos;

    ShardReads(Executor workers, Duration lease) {
        this.workers = workers;
        this.renewNanos = lease.toNanos() / 10 * RENEW_TENTHS;
    }

    /**
     * One read.
     *
     * @param asked how it came
     * @param cached the answer, when it is there without blocking
     * @param stored the answer, which may have to be waited for
     * @param withState puts into the answer how new it is
     */
    record Read(
            ShardHost host,
            Asked asked,
            Consistency consistency,
            Freshness wanted,
            boolean wantsState,
            Supplier<Optional<Reply.Builder>> cached,
            Supplier<Reply.Builder> stored,
            BiFunction<Reply.Builder, ReadState, Reply.Builder> withState,
            Replier reply,
            Deadline deadline) {
        boolean isStrong() {
            return consistency != Consistency.EVENTUAL && consistency != Consistency.SESSION;
        }
    }

    /** @throws MdsException when the replica cannot answer it */
    void start(Read read) {
        if (read.isStrong()) {
            long left = read.host().trustLeftNanos(System.nanoTime());
            if (left <= 0) {
                read.host().whenTrusted(read.asked(), read.reply(), () -> again(read));
                return;
            }
            if (left < renewNanos) {
                read.host().renewLease();
            }
        }
        ReadState.Builder state = stateBefore(read);
        Optional<Reply.Builder> cached = read.cached().get();
        if (cached.isPresent()) {
            finish(read, state, cached.get());
        } else {
            readStored(read, state);
        }
    }

    private void again(Read read) {
        if (read.deadline().isExpired()) {
            read.reply().fail(ShardRefusals.tooLate("read"));
            return;
        }
        try {
            start(read);
        } catch (MdsException e) {
            read.reply().fail(e);
        }
    }

    private void readStored(Read read, ReadState.Builder state) {
        try {
            workers.execute(() -> {
                if (read.deadline().isExpired()) {
                    read.reply().fail(ShardRefusals.tooLate("read"));
                    return;
                }
                try {
                    finish(read, state, read.stored().get());
                } catch (MdsException e) {
                    read.reply().fail(e);
                } catch (RuntimeException e) {
                    LOG.error(
                            "a read of shard {} failed in the store",
                            read.host().id(),
                            e);
                    read.reply()
                            .fail(MdsException.builder(
                                            ErrorCode.UNAVAILABLE, "the region's store failed: " + e.getMessage())
                                    .build());
                }
            });
        } catch (RejectedExecutionException e) {
            throw ShardRefusals.tooManyReads();
        }
    }

    /** How new the answer will be at least: to be taken before the rows are read. Null when nobody asks. */
    private static ReadState.Builder stateBefore(Read read) {
        if (read.isStrong() && !read.wantsState()) {
            return null;
        }
        ShardHost host = read.host();
        ReadState.Builder state = ReadState.newBuilder()
                .setAppliedIndex(host.store().appliedIndex().value());
        if (read.isStrong() || host.mayAnswerReads(System.nanoTime())) {
            state.setStalenessMs(0);
        } else {
            OptionalLong staleness = host.freshness().stalenessMillis(System.currentTimeMillis(), System.nanoTime());
            staleness.ifPresent(millis -> state.setStalenessMs((int) Math.min(Integer.MAX_VALUE, millis)));
        }
        if (read.isStrong()) {
            requireSeen(read, state.getAppliedIndex());
        } else {
            requireFresh(read, state);
        }
        return state;
    }

    /**
     * A follower may have applied, and shown, what its leader has committed and not applied yet: when the leader's disk is the
     * slower one. More than what is committed nobody can have seen: a session that says so is one of another cluster.
     */
    private static void requireSeen(Read read, long applied) {
        long seen = read.wanted().getMinIndex();
        if (applied < seen && applied < read.host().committed().value()) {
            throw tooOld(read, "has " + lacks(applied, seen) + "; try again");
        }
    }

    private static String lacks(long applied, long seen) {
        return "applied index " + applied + ", and the session has seen " + seen;
    }

    private static void requireFresh(Read read, ReadState.Builder state) {
        Freshness wanted = read.wanted();
        if (state.getAppliedIndex() < wanted.getMinIndex()) {
            throw tooOld(read, "has " + lacks(state.getAppliedIndex(), wanted.getMinIndex()) + "; ask another one");
        }
        if (wanted.hasMaxStalenessMs()
                && (!state.hasStalenessMs() || state.getStalenessMs() > wanted.getMaxStalenessMs())) {
            throw tooOld(
                    read,
                    (state.hasStalenessMs()
                                    ? "is up to " + state.getStalenessMs() + " ms old"
                                    : "does not know how old it is")
                            + ", and " + wanted.getMaxStalenessMs() + " ms were asked for; ask another one");
        }
    }

    private static MdsException tooOld(Read read, String problem) {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE,
                        "this replica of shard " + read.host().id() + " " + problem)
                .retryAfter(Duration.ofMillis(5))
                .withoutStackTrace()
                .build();
    }

    private void finish(Read read, ReadState.Builder state, Reply.Builder answer) {
        if (read.isStrong() && !read.host().mayAnswerReads(System.nanoTime())) {
            // The lease ended while it was read: somebody may have written elsewhere.
            read.host().whenTrusted(read.asked(), read.reply(), () -> again(read));
            return;
        }
        read.reply().reply(state == null ? answer : read.withState().apply(answer, stateAfter(read, state)));
    }

    /** With how new the answer is at most: rows may have been read that were applied after it began. */
    private static ReadState stateAfter(Read read, ReadState.Builder state) {
        long newest = read.host().store().appliedIndex().value();
        return newest == state.getAppliedIndex()
                ? state.build()
                : state.setNewestIndex(newest).build();
    }
}
