package io.mds.testkit;

/**
 * The port at which others reach a member: a proxy, whose connections can be cut, or the member's own, which costs nothing.
 *
 * @param proxy null when the port is the member's own
 */
record Entrance(int port, TcpProxy proxy) implements AutoCloseable {
    static Entrance proxied(int port, int target) {
        return new Entrance(port, new TcpProxy(port, target));
    }

    static Entrance direct(int port) {
        return new Entrance(port, null);
    }

    void cut() {
        required().cut();
    }

    void isolate() {
        required().isolate();
    }

    void restore() {
        required().restore();
    }

    TcpProxy required() {
        if (proxy == null) {
            throw new IllegalStateException("connections cannot be cut in a cluster that was built withoutProxies()");
        }
        return proxy;
    }

    @Override
    public void close() {
        if (proxy != null) {
            proxy.close();
        }
    }
}
