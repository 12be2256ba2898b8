package io.mds.master.oplog;

import io.mds.error.MdsException;
import io.mds.master.metadata.Leadership;
import io.mds.master.metadata.MetadataWriter;
import io.mds.proto.ErrorCode;
import io.mds.znode.ZnodeFormatException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A takeover that waits for the follower's replica. Thread: made and awaited by the election thread. */
final class TakeoverRequest {
    private static final Logger log = LoggerFactory.getLogger(TakeoverRequest.class);
    private static final Duration POLL = Duration.ofMillis(50);

    private final MetadataWriter writer;
    private final Leadership leadership;
    private final CompletableFuture<Takeover> answer = new CompletableFuture<>();
    private final long madeAtNanos = System.nanoTime();

    /** @param writer one that writes nothing down, to prove the leadership while all is read */
    TakeoverRequest(MetadataWriter writer) {
        this.writer = writer;
        this.leadership = writer.leadership();
    }

    /** What a replica must follow since, to have missed nothing. */
    long opLogSince() {
        return leadership.opLogSince();
    }

    /** Whether the replica was there already, so that the takeover has not waited for the reading of it. */
    boolean found(Replica replica) {
        return replica.readAtNanos() - madeAtNanos < 0;
    }

    /** Nobody waits any more. */
    boolean isOver() {
        return answer.isDone();
    }

    /** False when nobody waits any more. */
    boolean answer(Takeover takeover) {
        return answer.complete(takeover);
    }

    void refuse(Exception why) {
        answer.completeExceptionally(why);
    }

    Takeover await() throws InterruptedException {
        try {
            while (true) {
                try {
                    return answer.get(POLL.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    keepValid();
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof ZnodeFormatException damaged) {
                        throw damaged;
                    }
                    leadership.revoke("read the metadata: " + e.getCause().getMessage());
                    throw notRead();
                }
            }
        } finally {
            boolean unused = answer.cancel(false);
        }
    }

    /** Reading all of a large state takes longer than a leadership is good for without a proof. */
    private void keepValid() throws InterruptedException {
        if (leadership.mayWrite()
                && leadership.sinceProof().compareTo(leadership.validFor().dividedBy(6)) > 0) {
            try {
                writer.probe();
            } catch (MdsException e) {
                log.debug("probe: {}", e.getMessage());
            }
        }
        if (!leadership.isValid()) {
            leadership.revoke("ZooKeeper did not answer while the metadata was read");
            throw notRead();
        }
    }

    private MdsException notRead() {
        return MdsException.builder(ErrorCode.UNAVAILABLE, "take over the metadata: " + leadership.revocation())
                .withoutStackTrace()
                .build();
    }
}
