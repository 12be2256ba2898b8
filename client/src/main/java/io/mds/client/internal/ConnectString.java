package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.rpc.HostPort;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where a client begins to look for its cluster.
 *
 * @param zooKeeper true when the hosts are ZooKeeper servers, false when they are masters
 * @param root the cluster's root znode; empty for a list of masters
 */
public record ConnectString(boolean zooKeeper, List<HostPort> hosts, String root) {
    private static final String EXPECTED = " (expected: zk://host:port,host:port/root or mds://host:port,host:port)";

    public static ConnectString parse(String uri) {
        boolean zooKeeper = uri.startsWith("zk://");
        if (!zooKeeper && !uri.startsWith("mds://")) {
            throw invalid(uri, "unknown scheme");
        }
        String rest = uri.substring(uri.indexOf("://") + 3);
        int slash = rest.indexOf('/');
        String list = slash < 0 ? rest : rest.substring(0, slash);
        String root = slash < 0 ? "" : rest.substring(slash);
        if (root.equals("/")) {
            root = "";
        }
        if (!zooKeeper && !root.isEmpty()) {
            throw invalid(uri, "a list of masters has no path");
        }
        if (zooKeeper && root.isEmpty()) {
            root = "/mds";
        }
        if (zooKeeper && !root.matches("(/[^/\\s]+)+")) {
            throw invalid(uri, "bad root '" + root + "'");
        }
        List<HostPort> hosts = new ArrayList<>();
        for (String part : list.split(",", -1)) {
            try {
                hosts.add(HostPort.parse(part.strip()));
            } catch (RuntimeException e) {
                throw invalid(uri, e.getMessage());
            }
        }
        return new ConnectString(zooKeeper, List.copyOf(hosts), root);
    }

    /** host:port,host:port */
    String hostList() {
        return hosts.stream().map(HostPort::toString).collect(Collectors.joining(","));
    }

    @Override
    public String toString() {
        return (zooKeeper ? "zk://" : "mds://") + hostList() + root;
    }

    private static MdsException invalid(String uri, String why) {
        return MdsException.of(ErrorCode.INVALID_ARGUMENT, "connect: '" + uri + "': " + why + EXPECTED);
    }
}
