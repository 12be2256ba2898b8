package io.mds.rpc;

import io.mds.proto.Reply;
import io.mds.proto.Request;
import java.util.concurrent.CompletableFuture;

/** One open, greeted connection to a peer. Any thread. */
public interface RpcConnection {
    /**
     * Sends a request and gives its answer. The future completes on the event loop: with the reply, or with an
     * {@link io.mds.error.MdsException}: the peer's error; RESOURCE_EXHAUSTED when too many calls are under way; UNAVAILABLE
     * when the connection is or gets closed (outcome NOT_APPLIED when the request was never sent, UNKNOWN otherwise);
     * DEADLINE_EXCEEDED.
     *
     * @param request its call id and timeout are set here
     */
    CompletableFuture<Reply> call(Request.Builder request, Deadline deadline);

    /** Sends a request that wants no answer; dropped when the connection is closed. */
    void send(Request.Builder oneWay);

    /** False while the peer reads more slowly than this side writes; what is sent then waits in memory. */
    boolean isWritable();

    PeerInfo peer();

    boolean isOpen();

    /** Runs the listener once when the connection has closed, at once if it has already; on the event loop or here. */
    void onClose(Runnable listener);

    /** Closes without waiting for answers. */
    void close();

    /** What the owner of this side put here, or null. */
    Object attachment();

    void attach(Object attachment);
}
