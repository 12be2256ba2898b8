package io.mds.rpc;

import io.mds.proto.Address;
import java.util.Objects;

/** A network address as people write it: {@code host:port}, IPv6 hosts in brackets. */
public record HostPort(String host, int port) {
    private static final int MAX_PORT = 65_535;

    public HostPort {
        Objects.requireNonNull(host, "host");
        if (host.isBlank()) {
            throw new IllegalArgumentException("host: empty (expected: a host name or address)");
        }
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("port: " + port + " (expected: 0 to " + MAX_PORT + ")");
        }
    }

    /**
     * @throws IllegalArgumentException when the text is not {@code host:port}
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon > 0) {
            String host = text.substring(0, colon);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            }
            try {
                return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("'" + text + "' (expected: host:port)", e);
            }
        }
        throw new IllegalArgumentException("'" + text + "' (expected: host:port)");
    }

    public static HostPort of(Address address) {
        return new HostPort(address.getHost(), address.getPort());
    }

    public Address toProto() {
        return Address.newBuilder().setHost(host).setPort(port).build();
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
