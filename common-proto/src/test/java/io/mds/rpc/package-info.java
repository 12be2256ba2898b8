/** Tests of connections: the protocol without a network, and over real sockets. */
package io.mds.rpc;
