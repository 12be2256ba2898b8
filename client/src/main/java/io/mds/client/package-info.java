/** The client library: the public API of MDS. */
package io.mds.client;
