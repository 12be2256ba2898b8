/**
 * Who leads, and the proof of it.
 *
 * <p>The latch says who should try; the epoch znode says who leads: the winner raises the epoch by compare-and-set, and
 * every later write of metadata checks that nobody has raised it since. A {@link io.mds.master.metadata.Leadership} is
 * that proof for one epoch, and it is handed to all who write or answer.
 *
 * <p>Thread: the election thread runs the loop of {@link io.mds.master.election.Election}.
 */
package io.mds.master.election;
