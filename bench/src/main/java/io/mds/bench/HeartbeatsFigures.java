package io.mds.bench;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * What {@code mds bench heartbeats} measured of the master.
 *
 * @param cpuPercent of one core
 * @param residentMebibytes the most of all samples
 * @param heapMebibytes the most of all samples, garbage included
 * @param liveHeapMebibytes after a full collection at the end; null when none could be asked for
 * @param routes look-ups of the probing clients that were answered
 * @param routeErrors those that were not
 * @param heartbeats that were answered
 * @param missedHeartbeats not sent in time, not answered, or refused
 * @param openConnections of the clients, at the end
 * @param liveRegions as the master sees them, at the end
 */
record HeartbeatsFigures(
        String scenario,
        String target,
        int regions,
        int connections,
        int tables,
        double seconds,
        @JsonProperty("cpu_percent") double cpuPercent,
        @JsonProperty("resident_mib") long residentMebibytes,
        @JsonProperty("heap_mib") long heapMebibytes,
        @JsonProperty("heap_after_gc_mib") Long liveHeapMebibytes,
        long routes,
        @JsonProperty("route_p50_us") double routeP50Micros,
        @JsonProperty("route_p99_us") double routeP99Micros,
        @JsonProperty("route_max_us") double routeMaxMicros,
        @JsonProperty("route_errors") long routeErrors,
        long heartbeats,
        @JsonProperty("heartbeat_p50_us") double heartbeatP50Micros,
        @JsonProperty("heartbeat_p99_us") double heartbeatP99Micros,
        @JsonProperty("heartbeat_max_us") double heartbeatMaxMicros,
        @JsonProperty("missed_heartbeats") long missedHeartbeats,
        @JsonProperty("open_connections") long openConnections,
        @JsonProperty("live_regions") long liveRegions) {
    /** The heap is meant to stay below this, with so many tables. */
    static final long HEAP_GOAL_MEBIBYTES = 1_024;

    static final int GOAL_TABLES = 100_000;

    private static final int MEBIBYTE_BITS = 20;

    /** How large the simulated cluster was. */
    record Scale(int regions, int connections, int tables) {}

    /** The master's use of the machine during the measurement. */
    record Use(Duration length, Duration processor, long residentBytes, long heapBytes, Long liveHeapBytes) {}

    /** What was there at the end. */
    record End(long openConnections, long liveRegions) {}

    static HeartbeatsFigures of(Scale scale, Use use, RouteProbes.Result routes, HeartbeatTally beats, End end) {
        Histogram answers = beats.latencies();
        return new HeartbeatsFigures(
                "heartbeats",
                MdsTarget.NAME,
                scale.regions(),
                scale.connections(),
                scale.tables(),
                rounded(use.length().toNanos() / 1e9),
                percentOfCore(use.processor(), use.length()),
                mebibytes(use.residentBytes()),
                mebibytes(use.heapBytes()),
                use.liveHeapBytes() == null ? null : mebibytes(use.liveHeapBytes()),
                routes.latencies().getTotalCount(),
                micros(routes.latencies(), 50),
                micros(routes.latencies(), 99),
                micros(routes.latencies(), 100),
                routes.errors(),
                answers.getTotalCount(),
                micros(answers, 50),
                micros(answers, 99),
                micros(answers, 100),
                beats.missedCount(),
                end.openConnections(),
                end.liveRegions());
    }

    /** Everybody stayed, and everything was answered. */
    @JsonIgnore
    boolean isWhole() {
        return routeErrors == 0 && missedHeartbeats == 0 && openConnections == connections && liveRegions == regions;
    }

    /** What is compared with the goal: without garbage where that is known. */
    long heapToJudge() {
        return liveHeapMebibytes == null ? heapMebibytes : liveHeapMebibytes;
    }

    /** Whether there were enough tables to say whether the goal for the heap is reached. */
    boolean judgesHeap() {
        return tables >= GOAL_TABLES;
    }

    boolean reachesHeapGoal() {
        return heapToJudge() < HEAP_GOAL_MEBIBYTES;
    }

    static double percentOfCore(Duration processor, Duration length) {
        return rounded(100.0 * processor.toNanos() / length.toNanos());
    }

    /** What is begun counts whole. */
    static long mebibytes(long bytes) {
        return (bytes + (1L << MEBIBYTE_BITS) - 1) >> MEBIBYTE_BITS;
    }

    private static double micros(Histogram latencies, double percentile) {
        return rounded(latencies.getValueAtPercentile(percentile) / 1e3);
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
