package io.mds.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** What Linux and its own admin page say of a running master. Thread: one. */
final class MasterUsage {
    /** Linux tells every program that a tick is a hundredth of a second. */
    private static final long TICKS_PER_SECOND = 100;

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration COLLECTION_LIMIT = Duration.ofSeconds(60);

    private final long pid;
    private final URI metrics;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(LIMIT).build();

    /** Numbers of the metrics page. */
    record Gauges(long liveRegions, long deadRegions, long tables, long unavailableShards, long heapBytes) {
        static Gauges of(String page) {
            return new Gauges(
                    (long) sum(page, "mds_master_regions", "state=\"LIVE\""),
                    (long) sum(page, "mds_master_regions", "state=\"DEAD\""),
                    (long) sum(page, "mds_master_tables", ""),
                    (long) sum(page, "mds_master_shards_unavailable", ""),
                    (long) sum(page, "jvm_memory_used_bytes", "area=\"heap\""));
        }
    }

    MasterUsage(long pid, int adminPort) {
        this.pid = pid;
        this.metrics = URI.create("http://127.0.0.1:" + adminPort + "/metrics");
    }

    /** Processor time since its start, of all threads, in user mode and in the kernel. */
    Duration processorTime() {
        return processorTime(read("stat"));
    }

    /** The name of the program, in parentheses, may contain anything; what counts comes after it. */
    static Duration processorTime(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        return Duration.ofNanos(ticks * (TimeUnit.SECONDS.toNanos(1) / TICKS_PER_SECOND));
    }

    long residentBytes() {
        return residentBytes(read("status"));
    }

    static long residentBytes(String status) {
        return status.lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no VmRSS in the status of the process"));
    }

    private String read(String file) {
        Path path = Path.of("/proc", Long.toString(pid), file);
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path + ": has the master ended? " + e.getMessage(), e);
        }
    }

    Gauges gauges() throws InterruptedException {
        try {
            HttpResponse<String> page = http.send(
                    HttpRequest.newBuilder(metrics).timeout(LIMIT).build(), HttpResponse.BodyHandlers.ofString());
            if (page.statusCode() != 200) {
                throw new IllegalStateException(metrics + " answers " + page.statusCode());
            }
            return Gauges.of(page.body());
        } catch (IOException e) {
            throw new UncheckedIOException(metrics + " does not answer: " + e.getMessage(), e);
        }
    }

    /** Adds up the samples of a metric in Prometheus's text format that have this label; all of them when it is empty. */
    static double sum(String page, String name, String label) {
        return page.lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Has the master collect all garbage; false when this JVM comes without the program that asks for it. */
    boolean collectGarbage() throws InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd)) {
            return false;
        }
        try {
            Process asked = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!asked.waitFor(COLLECTION_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                asked.destroyForcibly();
                return false;
            }
            return asked.exitValue() == 0;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + jcmd + ": " + e.getMessage(), e);
        }
    }
}
