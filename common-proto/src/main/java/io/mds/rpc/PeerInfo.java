package io.mds.rpc;

import io.mds.proto.Role;
import java.net.SocketAddress;

/**
 * What the other side of a connection said of itself in the handshake.
 *
 * @param clusterId empty when it did not know its cluster
 * @param regionId 0 when it is not a region with an id
 */
public record PeerInfo(
        Role role, String name, String clusterId, long regionId, SocketAddress address, int protocolVersion) {}
