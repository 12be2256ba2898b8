package io.mds.bench;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What {@code mds bench heartbeats --takeover} measured of the takeover. Times begin when the new master answered its first
 * look-up of a route, but for the first two.
 *
 * @param servingMillis from the kill until the new master served, detection by ZooKeeper included
 * @param takeoverMillis the takeover proper, as the new master says
 * @param lastClientMillis until the last client had been told that its routes are current, or the newer ones
 * @param regionsBackMillis until the last region was registered
 * @param cpuPercent of one core, until all had come
 * @param processorMillis processor time of the master until all had come
 * @param current tables of clients that were as they knew them
 * @param deltas tables of which they were told some shards
 * @param full tables of which they were told everything
 * @param missing tables of which they were told nothing
 * @param bytes of these answers
 * @param refusals attempts of clients that were in vain
 * @param routes look-ups of the probing clients that were answered meanwhile
 * @param routeErrors those that were not
 * @param deadRegions as the master sees them, at the end
 */
record HeartbeatsTakeoverFigures(
        String scenario,
        String target,
        int regions,
        int connections,
        int tables,
        @JsonProperty("serving_ms") long servingMillis,
        @JsonProperty("takeover_ms") long takeoverMillis,
        @JsonProperty("last_client_ms") long lastClientMillis,
        @JsonProperty("regions_back_ms") long regionsBackMillis,
        @JsonProperty("cpu_percent") double cpuPercent,
        @JsonProperty("cpu_ms") long processorMillis,
        long current,
        long deltas,
        long full,
        long missing,
        long bytes,
        long refusals,
        long routes,
        @JsonProperty("route_p50_us") double routeP50Micros,
        @JsonProperty("route_p99_us") double routeP99Micros,
        @JsonProperty("route_max_us") double routeMaxMicros,
        @JsonProperty("route_errors") long routeErrors,
        @JsonProperty("live_regions") long liveRegions,
        @JsonProperty("dead_regions") long deadRegions) {

    /** What the record's times are. */
    record Times(Duration serving, Duration takeover, Duration lastClient, Duration regionsBack, Duration all) {}

    static HeartbeatsTakeoverFigures of(
            HeartbeatsFigures.Scale scale,
            Times times,
            Duration processor,
            ReturnTally.Told told,
            RouteProbes.Result routes,
            MasterUsage.Gauges seen) {
        return new HeartbeatsTakeoverFigures(
                "heartbeats-takeover",
                MdsTarget.NAME,
                scale.regions(),
                scale.connections(),
                scale.tables(),
                times.serving().toMillis(),
                times.takeover().toMillis(),
                Math.max(0, times.lastClient().toMillis()),
                Math.max(0, times.regionsBack().toMillis()),
                HeartbeatsFigures.percentOfCore(processor, times.all()),
                processor.toMillis(),
                told.current(),
                told.deltas(),
                told.full(),
                told.missing(),
                told.bytes(),
                told.refusals(),
                routes.latencies().getTotalCount(),
                micros(routes.latencies(), 50),
                micros(routes.latencies(), 99),
                micros(routes.latencies(), 100),
                routes.errors(),
                seen.liveRegions(),
                seen.deadRegions());
    }

    /** Nobody was lost, and everybody was told of all its tables. */
    @JsonIgnore
    boolean isWhole() {
        return routeErrors == 0 && missing == 0 && deadRegions == 0 && liveRegions == regions;
    }

    private static double micros(Histogram latencies, double percentile) {
        return Math.round(latencies.getValueAtPercentile(percentile) * 10.0 / TimeUnit.MICROSECONDS.toNanos(1)) / 10.0;
    }
}
