/**
 * Where imported rows come from: CSV, JSON lines, and directory trees.
 *
 * <p><em>Thread:</em> a source is read by one thread; only the counter of a tree runs on one of its own.
 */
package io.mds.cli.load;
