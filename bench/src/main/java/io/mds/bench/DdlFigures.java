package io.mds.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What {@code mds bench ddl} measured: tables created concurrently, beside znodes created one by one.
 *
 * @param underWay tables that were being created at the same time
 * @param znodeBytes the size of the record of one of these tables, which each znode had
 * @param ratio tables per second to znodes per second
 * @param errors tables that were not created
 */
record DdlFigures(
        String scenario,
        String target,
        int tables,
        @JsonProperty("under_way") int underWay,
        @JsonProperty("tables_per_s") double tablesPerSecond,
        @JsonProperty("znode_bytes") int znodeBytes,
        @JsonProperty("znodes_per_s") double znodesPerSecond,
        double ratio,
        long errors) {

    /**
     * @param tableNanos for all tables
     * @param znodeNanos for as many znodes
     */
    static DdlFigures of(int tables, int underWay, long tableNanos, long errors, int znodeBytes, long znodeNanos) {
        double tablesPerSecond = (tables - errors) * 1e9 / tableNanos;
        double znodesPerSecond = tables * 1e9 / znodeNanos;
        return new DdlFigures(
                "ddl",
                MdsTarget.NAME,
                tables,
                underWay,
                rounded(tablesPerSecond, 10),
                znodeBytes,
                rounded(znodesPerSecond, 10),
                rounded(tablesPerSecond / znodesPerSecond, 1_000),
                errors);
    }

    private static double rounded(double value, int parts) {
        return Math.round(value * parts) / (double) parts;
    }
}
