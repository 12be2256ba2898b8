package io.mds.znode;

/** One column of a {@link TableRecord}. */
public record ColumnRecord(int id, String name, String type, boolean nullable) {}
