package io.mds.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/** One measured figure: a line of the table and an object of the JSON file. */
record Figure(
        String scenario,
        String target,
        int replicas,
        int clients,
        @JsonProperty("ops_per_s") double opsPerSecond,
        @JsonProperty("p50_us") double p50Micros,
        @JsonProperty("p99_us") double p99Micros,
        long errors) {

    static Figure of(Scenario scenario, Target target, int clients, ClosedLoop.Measurement measured) {
        return new Figure(
                scenario.label(),
                target.name(),
                target.replicas(),
                clients,
                rounded(measured.perSecond()),
                rounded(measured.micros(50)),
                rounded(measured.micros(99)),
                measured.errors());
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
