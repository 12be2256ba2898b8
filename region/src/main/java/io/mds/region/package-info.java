/** The region: the data plane of a cluster. */
package io.mds.region;
