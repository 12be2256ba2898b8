package io.mds.rpc;

/** Hears of the connections of a server after their handshake; on their event loops, so it must not block. */
public interface ConnectionListener {
    ConnectionListener NONE = new ConnectionListener() {};

    default void opened(RpcConnection connection) {}

    default void closed(RpcConnection connection) {}
}
