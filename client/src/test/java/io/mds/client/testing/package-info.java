/** Small stand-ins for masters and regions, on real sockets, that fail in the ways a test asks for. */
package io.mds.client.testing;
