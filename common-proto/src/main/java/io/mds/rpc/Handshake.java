package io.mds.rpc;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Frame;
import io.mds.proto.Hello;
import io.mds.proto.HelloReply;
import io.mds.proto.Role;
import java.net.SocketAddress;

/** What two sides agree on before anything else: a protocol version, and that they belong to one cluster. Pure. */
final class Handshake {
    static final int PROTOCOL_VERSION = 1;
    static final int MIN_PROTOCOL_VERSION = 1;

    private Handshake() {}

    /** The peer of an accepted connection, by its first frame. */
    static PeerInfo accept(Frame first, LocalIdentity identity, SocketAddress address) {
        if (!first.hasHello()) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT, "the first frame is " + first.getKindCase() + " (expected: HELLO)");
        }
        Hello hello = first.getHello();
        if (hello.getProtocolVersion() < MIN_PROTOCOL_VERSION || hello.getMinProtocolVersion() > PROTOCOL_VERSION) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "protocol versions " + hello.getMinProtocolVersion() + " to " + hello.getProtocolVersion()
                            + " of the connecting side and " + MIN_PROTOCOL_VERSION + " to " + PROTOCOL_VERSION
                            + " of this one have none in common; upgrade the older");
        }
        requireRole(hello.getRole());
        requireSameCluster(hello.getClusterId(), identity);
        return new PeerInfo(
                hello.getRole(),
                hello.getName(),
                hello.getClusterId(),
                hello.getRegionId(),
                address,
                Math.min(hello.getProtocolVersion(), PROTOCOL_VERSION));
    }

    /** The peer that was connected to, by its answer. */
    static PeerInfo welcomed(Frame first, LocalIdentity identity, SocketAddress address) {
        if (!first.hasHelloReply()) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "the answer to HELLO is " + first.getKindCase() + " (expected: HELLO_REPLY)");
        }
        HelloReply reply = first.getHelloReply();
        if (reply.hasError()) {
            throw MdsException.fromProto(reply.getError());
        }
        if (reply.getProtocolVersion() < MIN_PROTOCOL_VERSION || reply.getProtocolVersion() > PROTOCOL_VERSION) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "the server chose protocol version " + reply.getProtocolVersion() + " (this side speaks "
                            + MIN_PROTOCOL_VERSION + " to " + PROTOCOL_VERSION + ")");
        }
        requireRole(reply.getRole());
        requireSameCluster(reply.getClusterId(), identity);
        return new PeerInfo(
                reply.getRole(),
                reply.getName(),
                reply.getClusterId(),
                reply.getRegionId(),
                address,
                reply.getProtocolVersion());
    }

    private static void requireRole(Role role) {
        if (role == Role.ROLE_UNSPECIFIED || role == Role.UNRECOGNIZED) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "the peer's role is " + role + " (expected: CLIENT, MASTER, REGION or TOOL)");
        }
    }

    private static void requireSameCluster(String theirs, LocalIdentity identity) {
        String ours = identity.clusterId().get();
        if (!theirs.isEmpty() && !ours.isEmpty() && !theirs.equals(ours)) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "cluster ids differ: " + theirs + " of the peer, " + ours + " here; check the address and the"
                            + " ZooKeeper root that each side is configured with");
        }
    }

    static Frame welcome(PeerInfo peer, LocalIdentity identity, RpcConfig config) {
        return Frame.newBuilder()
                .setHelloReply(HelloReply.newBuilder()
                        .setProtocolVersion(peer.protocolVersion())
                        .setClusterId(identity.clusterId().get())
                        .setRole(identity.role())
                        .setName(identity.name())
                        .setRegionId(identity.regionId().getAsLong())
                        .setMaxFrameBytes(config.maxFrameBytes()))
                .build();
    }
}
