package io.mds.client;

import io.mds.id.TableId;

/**
 * One line of {@link MdsClient#listTables()}.
 *
 * @param state CREATING, ACTIVE or DROPPING
 */
public record TableInfo(String name, TableId id, String state, int columns, int shards, long schemaVersion) {}
