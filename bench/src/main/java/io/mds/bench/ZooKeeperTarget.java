package io.mds.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;

/** The ZooKeeper of a running MDS cluster, asked for the record of a table: what a route look-up costs without MDS. */
final class ZooKeeperTarget implements LookUpTarget {
    static final String NAME = "zookeeper";

    private static final int TIMEOUT_MS = 10_000;

    private final CuratorFramework zooKeeper;
    private final List<String> paths;

    /**
     * @param connectString {@code zk://host:port/root}
     * @param tables one of which is asked for at a time, by lot
     */
    ZooKeeperTarget(String connectString, List<String> tables) {
        String address = connectString.substring("zk://".length());
        int slash = address.indexOf('/');
        this.paths = tables.stream()
                .map(table -> address.substring(slash) + "/tables/" + table)
                .toList();
        this.zooKeeper = CuratorFrameworkFactory.newClient(
                address.substring(0, slash), TIMEOUT_MS, TIMEOUT_MS, new RetryOneTime(100));
        zooKeeper.start();
        try {
            zooKeeper.blockUntilConnected(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Client client(Rows rows) {
        return (scenario, random) -> {
            String path = paths.get(random.nextInt(paths.size()));
            if (zooKeeper.getData().forPath(path).length == 0) {
                throw new IllegalStateException(path + " is empty");
            }
        };
    }

    @Override
    public void close() {
        zooKeeper.close();
    }
}
