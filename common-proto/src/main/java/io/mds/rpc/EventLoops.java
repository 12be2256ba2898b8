package io.mds.rpc;

import io.netty.util.concurrent.FastThreadLocalThread;

/** Knows event-loop threads, and keeps blocking calls off them. */
public final class EventLoops {
    private EventLoops() {}

    /**
     * To be called at the lowest points that block: JDBC connections, file syncs, ZooKeeper, waiting for a call.
     *
     * @throws IllegalStateException on an event-loop thread
     */
    public static void assertMayBlock() {
        if (isEventLoop()) {
            throw new IllegalStateException(
                    "blocking call on event loop " + Thread.currentThread().getName()
                            + ": hand the work to another thread (in callbacks, use the ...Async methods)");
        }
    }

    public static boolean isEventLoop() {
        return Thread.currentThread() instanceof EventLoopThread;
    }

    /** The threads of {@link RpcTransport}. */
    static final class EventLoopThread extends FastThreadLocalThread {
        EventLoopThread(Runnable work, String name) {
            super(work, name);
            setDaemon(true);
        }
    }
}
