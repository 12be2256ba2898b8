/**
 * How a region finds the active master, becomes a member of the cluster, and stays one.
 *
 * <p>Thread: one, {@code region-registration}, which may block; the data path never waits for it.
 */
package io.mds.region.registration;
