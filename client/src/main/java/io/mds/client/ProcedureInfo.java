package io.mds.client;

import java.time.Duration;

/**
 * A change of a table that is under way, or waits for another one of the same table.
 *
 * @param id empty while it waits
 * @param what for people: "add column size of table files"
 * @param step "waiting", or what it does now
 * @param done shards of which the step is done
 * @param total all shards of the table; 0 while it waits
 * @param age since it began; 0 while it waits
 */
public record ProcedureInfo(String id, String table, String what, String step, int done, int total, Duration age) {}
