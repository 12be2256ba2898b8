package io.mds.region.registration;

import io.mds.id.RegionId;
import io.mds.rpc.HostPort;
import io.mds.znode.ActiveMaster;
import io.mds.znode.RegionSession;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/**
 * A region's side of ZooKeeper: who is the active master, and the region's own ephemeral znode.
 *
 * <p>Thread: called by the registration thread alone; watches fire on ZooKeeper's thread and only wake it.
 */
public final class Membership implements AutoCloseable {
    private static final int RETRY_MS = 100;

    private final ZnodePaths paths;
    private final CuratorFramework curator;
    private volatile Runnable listener = () -> {};

    /** One object for all watches: ZooKeeper keeps it once per path, however often it is set. */
    private final CuratorWatcher watcher = event -> listener.run();

    private String credential = "";
    private ZooKeeper authenticated;

    public Membership(String connect, String root, Duration sessionTimeout, Duration connectionTimeout) {
        this.paths = new ZnodePaths(root);
        this.curator = CuratorFrameworkFactory.builder()
                .connectString(connect)
                .sessionTimeoutMs((int) sessionTimeout.toMillis())
                .connectionTimeoutMs((int) connectionTimeout.toMillis())
                .retryPolicy(new RetryOneTime(RETRY_MS))
                .build();
        curator.getConnectionStateListenable().addListener((client, state) -> listener.run());
    }

    /** Starts connecting; hears of changes that are worth a look. */
    void onChange(Runnable changed) {
        this.listener = changed;
        curator.start();
    }

    boolean isConnected() {
        return curator.getZookeeperClient().isConnected();
    }

    /** What the active master's znode holds now; empty when there is none or ZooKeeper is away. */
    Optional<ActiveMaster> activeMaster() throws Exception {
        if (!isConnected()) {
            return Optional.empty();
        }
        try {
            byte[] data;
            try {
                data = watchedData();
            } catch (KeeperException.NoNodeException e) {
                if (curator.checkExists().usingWatcher(watcher).forPath(paths.active()) == null) {
                    return Optional.empty();
                }
                data = watchedData();
            }
            return Optional.of(ZnodeJson.read(paths.active(), data, ActiveMaster.class));
        } catch (KeeperException.NoNodeException
                | KeeperException.ConnectionLossException
                | KeeperException.SessionExpiredException e) {
            return Optional.empty();
        }
    }

    private byte[] watchedData() throws Exception {
        return curator.getData().usingWatcher(watcher).forPath(paths.active());
    }

    /**
     * The credential that this region's znodes accept.
     *
     * @param userAndPassword empty when znodes are open
     */
    void authenticate(String userAndPassword) {
        credential = userAndPassword;
        authenticated = null;
    }

    /** Creates the ephemeral znode, or leaves it when it is this session's own; one of an earlier process is replaced. */
    void ensureSession(RegionId id, String version, HostPort address, Instant startedAt) throws Exception {
        ZooKeeper handle = curator.getZookeeperClient().getZooKeeper();
        if (!credential.isEmpty() && handle != authenticated) {
            // ZooKeeper's handle repeats it after a reconnect; a new handle, after a lost session, has to be told.
            handle.addAuthInfo("digest", credential.getBytes(StandardCharsets.UTF_8));
            authenticated = handle;
        }
        String path = paths.regionSession(id);
        Stat existing = curator.checkExists().forPath(path);
        if (existing != null) {
            if (existing.getEphemeralOwner() == handle.getSessionId()) {
                return;
            }
            try {
                curator.delete().withVersion(existing.getVersion()).forPath(path);
            } catch (KeeperException.NoNodeException e) {
                // Its session ended in between, which is as good.
            }
        }
        byte[] data = ZnodeJson.write(new RegionSession(startedAt.toString(), version, address.host(), address.port()));
        curator.create().withMode(CreateMode.EPHEMERAL).withACL(acl()).forPath(path, data);
    }

    private List<ACL> acl() {
        if (credential.isEmpty()) {
            return ZooDefs.Ids.OPEN_ACL_UNSAFE;
        }
        List<ACL> acl = new ArrayList<>(ZooDefs.Ids.CREATOR_ALL_ACL);
        acl.addAll(ZooDefs.Ids.READ_ACL_UNSAFE);
        return acl;
    }

    @Override
    public void close() {
        curator.close();
    }
}
