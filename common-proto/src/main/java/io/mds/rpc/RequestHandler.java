package io.mds.rpc;

import io.mds.proto.ErrorCode;
import io.mds.proto.Request;

/** Answers the requests of a peer. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Takes one request. Runs on the connection's event loop and must not block; the reply may come later, from any thread.
     * An exception thrown here becomes the answer: an {@link io.mds.error.MdsException} as it is, others as INTERNAL.
     *
     * @param reply ignores what it is given when the request wants no answer
     * @param deadline when the peer stops waiting
     */
    void handle(RpcConnection from, Request request, Replier reply, Deadline deadline);

    /** For a side that expects no requests: refuses each. */
    static RequestHandler refusing() {
        return (from, request, reply, deadline) -> reply.fail(io.mds.error.MdsException.builder(
                        ErrorCode.INVALID_ARGUMENT, "this process takes no " + request.getBodyCase() + " requests")
                .withoutStackTrace()
                .build());
    }
}
