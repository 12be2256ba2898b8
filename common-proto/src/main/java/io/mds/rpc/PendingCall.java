package io.mds.rpc;

import io.mds.error.MdsException;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One call that waits for its answer.
 *
 * @param inFlight the connection's count of calls, given back when this one ends
 */
record PendingCall(
        long id, Request.BodyCase what, Deadline deadline, CompletableFuture<Reply> answer, AtomicInteger inFlight) {
    void succeed(Reply reply) {
        inFlight.decrementAndGet();
        answer.complete(reply);
    }

    void fail(MdsException error) {
        inFlight.decrementAndGet();
        answer.completeExceptionally(error);
    }
}
