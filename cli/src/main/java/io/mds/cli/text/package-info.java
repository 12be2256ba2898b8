/**
 * What the command line reads and writes: CSV, JSON lines, aligned tables, progress.
 *
 * <p><em>Thread:</em> everything here is used by one thread.
 */
package io.mds.cli.text;
