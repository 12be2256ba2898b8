package io.mds.client.internal;

import io.mds.error.MdsException;

/**
 * What is told of one request when it has ended.
 *
 * @param startNanos 0 when nobody wants to know
 * @param attemptsBefore those of the request that this one goes on from
 */
record RequestTrace(RequestObserver observer, ShardTarget target, boolean write, long startNanos, int attemptsBefore) {

    static RequestTrace begin(RequestObserver observer, ShardTarget target, boolean write) {
        long start = observer.equals(RequestObserver.NONE) ? 0 : System.nanoTime();
        return new RequestTrace(observer, target, write, start, 0);
    }

    /** The same request, done in another way from here. */
    RequestTrace goOn(int attempts) {
        return new RequestTrace(observer, target, write, startNanos, attemptsBefore + attempts);
    }

    /** @param error null when it was answered */
    void ended(int attempts, MdsException error) {
        if (startNanos != 0) {
            observer.ended(
                    target.table().name(),
                    target.shard(),
                    write,
                    attemptsBefore + attempts,
                    System.nanoTime() - startNanos,
                    error);
        }
    }
}
