package io.mds.admin;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.rpc.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The HTTP server of one process's admin pages.
 *
 * <p>Thread: two of its own, with a short queue; what does not fit is refused by closing. A request that is not there
 * after a few seconds, or an answer that nobody fetches, is given up, or two such clients would keep everybody else out.
 */
public final class AdminServer implements AutoCloseable {
    private static final int THREADS = 2;
    private static final int QUEUE = 64;
    private static final int REQUEST_SECONDS = 5;
    private static final int ANSWER_SECONDS = 30;

    static {
        // The JDK's server has no other way to say it, and reads it once, when its first class is loaded.
        limit("sun.net.httpserver.maxReqTime", REQUEST_SECONDS);
        limit("sun.net.httpserver.maxRspTime", ANSWER_SECONDS);
    }

    private final HttpServer server;
    private final ThreadPoolExecutor threads;

    private AdminServer(HttpServer server, ThreadPoolExecutor threads) {
        this.server = server;
        this.threads = threads;
    }

    private static void limit(String property, int seconds) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(seconds));
        }
    }

    /**
     * Binds the port; nothing is answered before {@link #serve}.
     *
     * @param name the threads are called so, with a number each
     * @throws MdsException UNAVAILABLE, in one clear line, when the address cannot be used
     */
    public static AdminServer bind(HostPort address, String name) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(address.host(), address.port()), 0);
            AtomicInteger number = new AtomicInteger();
            ThreadPoolExecutor threads = new ThreadPoolExecutor(
                    THREADS, THREADS, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(QUEUE), task -> {
                        Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
                        thread.setDaemon(true);
                        return thread;
                    });
            server.setExecutor(threads);
            return new AdminServer(server, threads);
        } catch (IOException | IllegalArgumentException e) {
            throw MdsException.builder(
                            ErrorCode.UNAVAILABLE,
                            "cannot listen on " + address + ": " + e.getMessage()
                                    + " (is the port in use? choose another with admin.host and admin.port)")
                    .retryable(false)
                    .withoutStackTrace()
                    .build();
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Answers each request from now on; the handler need not close the exchange. */
    public void serve(HttpHandler handler) {
        server.createContext("/", exchange -> {
            try (exchange) {
                handler.handle(exchange);
            }
        });
        server.start();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
