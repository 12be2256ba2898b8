package io.mds.client.internal;

import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcChannel;
import io.mds.rpc.RpcTransport;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * The client's connections to regions: a fixed number to each address, used in turn, made when first needed.
 *
 * <p><em>Thread:</em> any.
 */
final class RegionLinks implements AutoCloseable {
    private final ConcurrentHashMap<HostPort, Links> regions = new ConcurrentHashMap<>();
    private final RpcTransport transport;
    private final LocalIdentity identity;
    private final RequestHandler handler;
    private final int perRegion;

    RegionLinks(RpcTransport transport, LocalIdentity identity, RequestHandler handler, int perRegion) {
        this.transport = transport;
        this.identity = identity;
        this.handler = handler;
        this.perRegion = perRegion;
    }

    RpcChannel channel(HostPort address) {
        Links links = regions.get(address);
        if (links == null) {
            links = regions.computeIfAbsent(address, this::open);
        }
        return links.next();
    }

    private Links open(HostPort address) {
        RpcChannel[] channels = new RpcChannel[perRegion];
        for (int i = 0; i < perRegion; i++) {
            channels[i] = transport.channel(address, identity, handler);
        }
        return new Links(channels, new AtomicInteger());
    }

    /** Closes the connections to addresses where no shard is any more. */
    void closeUnless(Predicate<HostPort> used) {
        regions.forEach((address, links) -> {
            if (!used.test(address) && regions.remove(address, links)) {
                links.close();
            }
        });
    }

    int size() {
        return regions.size();
    }

    @Override
    public void close() {
        regions.values().forEach(Links::close);
        regions.clear();
    }

    private record Links(RpcChannel[] channels, AtomicInteger turn) {
        RpcChannel next() {
            return channels.length == 1
                    ? channels[0]
                    : channels[Math.floorMod(turn.getAndIncrement(), channels.length)];
        }

        void close() {
            for (RpcChannel channel : channels) {
                channel.close();
            }
        }
    }
}
