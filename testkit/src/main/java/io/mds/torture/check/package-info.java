/**
 * Judges recorded histories of operations: what the cluster answered must have been possible.
 *
 * <p>Nothing here talks to a cluster: a history is a file, and each check is a function of it. Thread: any, one history at
 * a time per check.
 */
package io.mds.torture.check;
