/**
 * The torture run: a cluster of real processes under load and faults, whose recorded history is judged afterwards.
 *
 * <p>Invariant: the seed decides which faults come when, and what each client asks; what the cluster answers is its own.
 */
package io.mds.torture;
