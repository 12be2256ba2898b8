/**
 * The {@code mds} command line and shell, built on the client alone.
 *
 * <p>{@link io.mds.cli.MdsCommand} is the entrance, for a process and for callers within one. A {@code Session} outlives
 * commands in a shell, a {@code RootCommand} lives as long as one command and gives it what it needs, and there is one class
 * for each command.
 *
 * <p><em>Thread:</em> a session and its commands belong to one thread at a time.
 */
package io.mds.cli;
