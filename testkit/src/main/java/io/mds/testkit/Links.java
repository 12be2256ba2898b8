package io.mds.testkit;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The connections between the processes of a cluster, each of which can be cut by itself.
 *
 * <p>A connection is told by whose it is on the connecting side, so a link has a direction: cutting the one from a region
 * to another leaves those that the other opened. Needs members that are processes, proxies, and Linux.
 *
 * <p>Thread: any.
 */
public final class Links implements AutoCloseable {
    /** What becomes of connections on a link that is cut. */
    public enum Cut {
        /** They are closed, and so is each new one. */
        CLOSED,
        /** They stay open and nothing arrives; what was sent arrives when the link is healed. */
        SILENT
    }

    private final FreePorts ports;
    private final ZooKeeperNode zooKeeper;
    private final boolean proxies;
    private final Map<String, TcpProxy> toZooKeeper = new ConcurrentHashMap<>();
    private final Set<TcpProxy> blocked = ConcurrentHashMap.newKeySet();

    /**
     * @param proxies whether members reach ZooKeeper through proxies, each through its own
     */
    Links(FreePorts ports, ZooKeeperNode zooKeeper, boolean proxies) {
        this.ports = ports;
        this.zooKeeper = zooKeeper;
        this.proxies = proxies;
    }

    /** Where this member is told that ZooKeeper is. */
    String zooKeeperFor(String member) {
        String direct = zooKeeper.connectString();
        if (!proxies) {
            return direct;
        }
        int port = Integer.parseInt(direct.substring(direct.lastIndexOf(':') + 1));
        TcpProxy proxy = toZooKeeper.computeIfAbsent(member, ignored -> new TcpProxy(ports.next(), port));
        return "127.0.0.1:" + proxy.port();
    }

    /** Whether this machine tells whose a connection is. */
    public static boolean canBeCut() {
        return LoopbackPorts.areKnown();
    }

    /** Cuts what one member opened, or opens, to another. */
    public void cut(Member from, Member to, Cut how) {
        ProcessMember source = process(from);
        block(to, () -> source.isRunning() ? LoopbackPorts.of(source.pid()) : Set.of(), how);
    }

    /** Cuts what clients in this JVM opened, or open, to a member. */
    public void cutClients(Member to, Cut how) {
        long self = ProcessHandle.current().pid();
        block(to, () -> LoopbackPorts.of(self), how);
    }

    private void block(Member to, Supplier<Set<Integer>> from, Cut how) {
        block(process(to).proxy(), from, how);
    }

    /** Cuts a member off from ZooKeeper, also one inside this JVM. */
    public void cutZooKeeper(Member member, Cut how) {
        TcpProxy proxy = toZooKeeper.get(member.name());
        if (proxy == null) {
            throw new IllegalStateException(
                    member.name() + " reaches ZooKeeper directly: build the cluster with zooKeeperProxies()");
        }
        // Nobody but the member uses the proxy, so this JVM may stand for one that runs inside it.
        block(proxy, () -> member.isRunning() ? LoopbackPorts.of(member.pid()) : Set.of(), how);
    }

    private void block(TcpProxy proxy, Supplier<Set<Integer>> from, Cut how) {
        blocked.add(proxy);
        proxy.block(from, how == Cut.SILENT);
    }

    /** Ends all cuts. */
    public void heal() {
        blocked.forEach(TcpProxy::unblock);
        blocked.clear();
    }

    private static ProcessMember process(Member member) {
        if (member instanceof ProcessMember process) {
            return process;
        }
        throw new UnsupportedOperationException(
                member.name() + " runs inside this JVM: its links cannot be told apart");
    }

    @Override
    public void close() {
        toZooKeeper.values().forEach(TcpProxy::close);
    }
}
