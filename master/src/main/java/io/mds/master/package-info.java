/** The master: the control plane of a cluster. */
package io.mds.master;
