package io.mds.region.peer;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.proto.RegionAddress;
import io.mds.proto.ReplicaBehind;
import io.mds.proto.ReplicaMessage;
import io.mds.proto.ReplicateRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.region.replication.Message;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.RpcChannel;
import io.mds.rpc.RpcConnection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The ways to the other regions: one channel to each whose address is known, and the connections that they opened. */
public final class Peers implements AutoCloseable {
    private final LongSupplier self;
    private final Function<HostPort, RpcChannel> channels;
    private final Map<RegionId, RpcChannel> outbound = new ConcurrentHashMap<>();
    private final Map<RegionId, RpcConnection> inbound = new ConcurrentHashMap<>();

    /**
     * @param self this region's id, 0 while it has none
     * @param channels opens a channel to an address
     */
    public Peers(LongSupplier self, Function<HostPort, RpcChannel> channels) {
        this.self = self;
        this.channels = channels;
    }

    /** Learns, from a master, where a region is; an address may change when a region restarts. */
    public void know(RegionAddress peer) {
        if (peer.getRegionId() == self.getAsLong() || !peer.hasAddress()) {
            return;
        }
        HostPort address =
                new HostPort(peer.getAddress().getHost(), peer.getAddress().getPort());
        outbound.compute(new RegionId(peer.getRegionId()), (id, known) -> {
            if (known != null && known.address().equals(address)) {
                return known;
            }
            if (known != null) {
                known.close();
            }
            RpcChannel channel = channels.apply(address);
            // So that the first message finds a connection.
            channel.open();
            return channel;
        });
    }

    /** A region has sent something: answers can go the same way, wherever it is. */
    public void heardFrom(RegionId peer, RpcConnection connection) {
        if (inbound.put(peer, connection) != connection) {
            connection.onClose(() -> inbound.remove(peer, connection));
        }
    }

    /** @param newestAtMillis when what a leader says was the newest, by its wall clock; 0 when it does not know */
    public void send(RegionId to, ShardId shard, Message message, long newestAtMillis) {
        send(to, ReplicaWire.toProto(shard, message, newestAtMillis));
    }

    /** Tells a replica that what it lacks is no longer in this leader's memory. */
    public void sendBehind(RegionId to, ShardId shard, ViewNumber view) {
        send(
                to,
                ReplicaMessage.newBuilder()
                        .setShardId(shard.value())
                        .setBehind(ReplicaBehind.newBuilder().setView(view.value()))
                        .build());
    }

    private void send(RegionId to, ReplicaMessage message) {
        RpcConnection open = inbound.get(to);
        RpcChannel channel = outbound.get(to);
        if (channel == null && open == null) {
            return;
        }
        Request.Builder request = Request.newBuilder()
                .setReplicate(ReplicateRequest.newBuilder()
                        .setFromRegion(self.getAsLong())
                        .addMessages(message));
        if (open != null && open.isOpen()) {
            if (open.isWritable()) {
                open.send(request);
            }
        } else if (channel != null) {
            channel.send(request);
        }
    }

    /** Asks a region for something; fails with UNAVAILABLE when its address is not known. */
    public CompletableFuture<Reply> call(RegionId to, Request.Builder request, Deadline deadline) {
        RpcChannel channel = outbound.get(to);
        if (channel == null) {
            return CompletableFuture.failedFuture(
                    MdsException.builder(ErrorCode.UNAVAILABLE, "the address of region " + to + " is not known yet")
                            .withoutStackTrace()
                            .build());
        }
        return channel.call(request, deadline);
    }

    @Override
    public void close() {
        outbound.values().forEach(RpcChannel::close);
    }
}
