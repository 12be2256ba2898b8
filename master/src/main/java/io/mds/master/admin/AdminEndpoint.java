package io.mds.master.admin;

import com.sun.net.httpserver.HttpExchange;
import io.mds.admin.AdminServer;
import io.mds.error.MdsException;
import io.mds.rpc.HostPort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin pages over HTTP. Read-only: anything but GET and HEAD is refused.
 *
 * <p>Thread: those of its {@link AdminServer}.
 */
public final class AdminEndpoint implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminEndpoint.class);

    private final AdminServer server;

    private AdminEndpoint(AdminServer server) {
        this.server = server;
    }

    /**
     * Binds the port; nothing is answered before {@link #serve}.
     *
     * @throws MdsException UNAVAILABLE, in one clear line, when the address cannot be used
     */
    public static AdminEndpoint bind(HostPort address) {
        return new AdminEndpoint(AdminServer.bind(address, "mds-master-admin"));
    }

    public int port() {
        return server.port();
    }

    public void serve(MasterPages pages) {
        Map<String, Supplier<MasterPages.Page>> routes = Map.of(
                "/", pages::console,
                "/status", pages::status,
                "/metrics", pages::metrics,
                "/health", pages::health,
                "/ready", pages::ready);
        server.serve(
                exchange -> answer(exchange, routes.get(exchange.getRequestURI().getPath())));
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
        server.close();
    }
}
