package io.mds.testkit;

import io.mds.znode.ActiveMaster;
import io.mds.znode.RegionRecord;
import io.mds.znode.ShardRecord;
import io.mds.znode.StandbyMaster;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * What ZooKeeper says of a cluster, asked by somebody without any credential.
 *
 * <p>Thread: any; calls are serialised. Answers are empty while ZooKeeper is away.
 */
public final class ClusterView implements AutoCloseable {
    private static final int SESSION_TIMEOUT_MS = 10_000;

    private final ZooKeeperNode node;
    private final ZnodePaths paths;
    private ZooKeeper zooKeeper;

    ClusterView(ZooKeeperNode node, ZnodePaths paths) {
        this.node = node;
        this.paths = paths;
    }

    public ZnodePaths paths() {
        return paths;
    }

    /** The content of /mds/master/active. */
    public Optional<ActiveMaster> activeMaster() {
        return read(paths.active()).map(data -> ZnodeJson.read(paths.active(), data, ActiveMaster.class));
    }

    /** The regions that are members now. */
    public List<RegionRecord> regions() {
        List<RegionRecord> regions = new ArrayList<>();
        for (String child : children(paths.regions())) {
            String path = paths.regions() + "/" + child;
            read(path).ifPresent(data -> regions.add(ZnodeJson.read(path, data, RegionRecord.class)));
        }
        return regions;
    }

    /** All shards, by id. */
    public List<ShardRecord> shards() {
        List<ShardRecord> shards = new ArrayList<>();
        for (String child : children(paths.shards())) {
            String path = paths.shards() + "/" + child;
            read(path).ifPresent(data -> shards.add(ZnodeJson.read(path, data, ShardRecord.class)));
        }
        shards.sort(Comparator.comparingLong(ShardRecord::id));
        return shards;
    }

    /** The id of the region that advertises this port. */
    public Optional<Long> regionId(int port) {
        return regions().stream()
                .filter(r -> r.port() == port)
                .map(RegionRecord::id)
                .findFirst();
    }

    Optional<Long> regionSession(int port) {
        return regionId(port).flatMap(id -> owner(paths.regions() + "/" + id + "/session"));
    }

    Optional<Long> masterSession(int port) {
        if (activeMaster().filter(active -> active.port() == port).isPresent()) {
            return owner(paths.active());
        }
        for (String child : children(paths.standbys())) {
            String path = paths.standbys() + "/" + child;
            boolean own = read(path)
                    .map(data -> ZnodeJson.read(path, data, StandbyMaster.class).port() == port)
                    .orElse(false);
            if (own) {
                return owner(path);
            }
        }
        return Optional.empty();
    }

    private Optional<Long> owner(String path) {
        Optional<Stat> stat = ask(zk -> Optional.ofNullable(zk.exists(path, false)));
        return stat.map(Stat::getEphemeralOwner).filter(session -> session != 0);
    }

    /** The data of any znode. */
    public Optional<byte[]> read(String path) {
        return ask(zk -> Optional.of(zk.getData(path, false, null)));
    }

    /** The children of any znode. */
    public List<String> children(String path) {
        return ask(zk -> Optional.of(zk.getChildren(path, false))).orElse(List.of());
    }

    private interface Question<T> {
        Optional<T> ask(ZooKeeper zooKeeper) throws KeeperException, InterruptedException;
    }

    private synchronized <T> Optional<T> ask(Question<T> question) {
        try {
            return question.ask(connected());
        } catch (KeeperException.SessionExpiredException | KeeperException.ConnectionLossException e) {
            disconnect();
            return Optional.empty();
        } catch (KeeperException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking ZooKeeper", e);
        }
    }

    private ZooKeeper connected() throws InterruptedException {
        if (zooKeeper == null || !zooKeeper.getState().isAlive()) {
            CountDownLatch connected = new CountDownLatch(1);
            Watcher watcher = event -> {
                if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                    connected.countDown();
                }
            };
            try {
                zooKeeper = new ZooKeeper(node.connectString(), SESSION_TIMEOUT_MS, watcher);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (!connected.await(SESSION_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                disconnect();
                throw new IllegalStateException("ZooKeeper does not answer on " + node.connectString());
            }
        }
        return zooKeeper;
    }

    private void disconnect() {
        if (zooKeeper != null) {
            try {
                zooKeeper.close(SESSION_TIMEOUT_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            zooKeeper = null;
        }
    }

    @Override
    public synchronized void close() {
        disconnect();
    }
}
