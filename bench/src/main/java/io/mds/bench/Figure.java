package io.mds.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One measured figure: a line of the table and an object of the JSON file.
 *
 * @param compilers processor time that just-in-time compilers took of it, in cores
 */
record Figure(
        String scenario,
        String target,
        int replicas,
        int clients,
        @JsonProperty("ops_per_s") double opsPerSecond,
        @JsonProperty("p50_us") double p50Micros,
        @JsonProperty("p99_us") double p99Micros,
        long errors,
        double compilers) {
    private static final double YOUNG = 0.2;

    static Figure of(Scenario scenario, Target target, int clients, ClosedLoop.Measurement measured, double compilers) {
        return new Figure(
                scenario.label(),
                target.name(),
                target.replicas(),
                clients,
                rounded(measured.perSecond()),
                rounded(measured.micros(50)),
                rounded(measured.micros(99)),
                measured.errors(),
                Math.round(compilers * 100) / 100.0);
    }

    /** Whether JVMs that are not warm yet have made it smaller than it may become. */
    boolean isOfYoungJvms() {
        return compilers > YOUNG;
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
