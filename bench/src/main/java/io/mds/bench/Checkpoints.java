package io.mds.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How often each region of a cluster has made its store durable, as its metrics tell. Thread: one. */
final class Checkpoints {
    private static final String COUNT = "mds_store_checkpoint_seconds_count ";
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Integer> adminPorts;
    private final Map<Integer, Long> before = new HashMap<>();

    Checkpoints(List<Integer> adminPorts) {
        this.adminPorts = List.copyOf(adminPorts);
    }

    void countFromNow() {
        adminPorts.forEach(port -> before.put(port, countOf(port)));
    }

    /** As many as every region has made since {@link #countFromNow}. */
    long everywhere() {
        return adminPorts.stream()
                .mapToLong(port -> countOf(port) - before.getOrDefault(port, 0L))
                .min()
                .orElse(0);
    }

    private long countOf(int port) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                .timeout(LIMIT)
                .build();
        try {
            return countIn(
                    http.send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (IOException e) {
            throw new UncheckedIOException("the metrics of the region with admin port " + port, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** @throws IllegalStateException when the metrics do not tell, which would be waited for in vain */
    static long countIn(String metrics) {
        return metrics.lines()
                .filter(line -> line.startsWith(COUNT))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(COUNT.length())))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no " + COUNT.strip() + " among the metrics of a region"));
    }
}
