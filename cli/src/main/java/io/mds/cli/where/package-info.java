/**
 * The little languages of the command line: {@code --where} conditions and table definitions. Free of I/O.
 *
 * <p><em>Thread:</em> everything here is used by one thread.
 */
package io.mds.cli.where;
