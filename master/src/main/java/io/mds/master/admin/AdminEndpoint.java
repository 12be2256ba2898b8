package io.mds.master.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.rpc.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin pages over HTTP. Read-only: anything but GET and HEAD is refused.
 *
 * <p>Thread: two of its own, with a short queue; what does not fit is refused by closing.
 */
public final class AdminEndpoint implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminEndpoint.class);
    private static final int THREADS = 2;
    private static final int QUEUE = 64;

    private final HttpServer server;
    private final ThreadPoolExecutor threads;

    private AdminEndpoint(HttpServer server, ThreadPoolExecutor threads) {
        this.server = server;
        this.threads = threads;
    }

    /**
     * Binds the port; nothing is answered before {@link #serve}.
     *
     * @throws MdsException UNAVAILABLE, in one clear line, when the address cannot be used
     */
    public static AdminEndpoint bind(HostPort address) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(address.host(), address.port()), 0);
            AtomicInteger number = new AtomicInteger();
            ThreadPoolExecutor threads = new ThreadPoolExecutor(
                    THREADS, THREADS, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(QUEUE), task -> {
                        Thread thread = new Thread(task, "mds-master-admin-" + number.incrementAndGet());
                        thread.setDaemon(true);
                        return thread;
                    });
            server.setExecutor(threads);
            return new AdminEndpoint(server, threads);
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

    public void serve(MasterPages pages) {
        Map<String, Supplier<MasterPages.Page>> routes = Map.of(
                "/", pages::console,
                "/status", pages::status,
                "/metrics", pages::metrics,
                "/health", pages::health,
                "/ready", pages::ready);
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange, routes.get(exchange.getRequestURI().getPath()));
            }
        });
        server.start();
    }

    private static void answer(HttpExchange exchange, Supplier<MasterPages.Page> page) throws IOException {
        String method = exchange.getRequestMethod();
        if (page == null) {
            send(
                    exchange,
                    new MasterPages.Page(
                            404, "text/plain", "no such page; there are / /status /metrics /health /ready\n"));
        } else if (!method.equals("GET") && !method.equals("HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            send(exchange, new MasterPages.Page(405, "text/plain", "read-only\n"));
        } else {
            send(exchange, made(page));
        }
    }

    private static MasterPages.Page made(Supplier<MasterPages.Page> page) {
        try {
            return page.get();
        } catch (RuntimeException e) {
            log.error("an admin page failed", e);
            return new MasterPages.Page(500, "text/plain", "failed; see the log\n");
        }
    }

    private static void send(HttpExchange exchange, MasterPages.Page page) throws IOException {
        byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", page.contentType());
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(page.status(), -1);
            return;
        }
        exchange.sendResponseHeaders(page.status(), body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
