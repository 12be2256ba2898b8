/**
 * Typed tables: columns and schemas, and the encodings of keys and rows that are the same on the wire, in the log and in
 * the store.
 *
 * <p>Everything here is immutable or stateless and free of threads, sockets and files. The encodings are stored for ever:
 * golden tests keep them from changing.
 */
package io.mds.table;
