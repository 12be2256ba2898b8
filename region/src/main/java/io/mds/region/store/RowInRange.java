package io.mds.region.store;

/** A row with its key. */
record RowInRange(byte[] key, StoredRow row) {}
