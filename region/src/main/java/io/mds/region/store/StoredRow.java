package io.mds.region.store;

import com.google.protobuf.ByteString;

/** A row as it is stored, without its key: the index of the log entry that wrote it, and its encoded columns. */
record StoredRow(long version, ByteString bytes) {}
