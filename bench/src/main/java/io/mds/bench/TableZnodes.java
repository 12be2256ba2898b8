package io.mds.bench;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.znode.IdCounters;
import io.mds.znode.RegionSession;
import io.mds.znode.ShardRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/**
 * Writes into ZooKeeper what masters and regions would have written: tables while no master runs, which is the only time at
 * which anybody else may, and the session znodes of simulated regions, which live as long as this does.
 */
final class TableZnodes implements AutoCloseable {
    private static final int TIMEOUT_MS = 30_000;
    private static final String VERSION = "bench";
    /** ZooKeeper keeps the last 500 multis in memory, beside the znodes: so these are small, and several under way. */
    private static final int ZNODES_AT_ONCE = 50;

    private static final int MULTIS_AT_ONCE = 32;

    private final CuratorFramework zooKeeper;
    private final ZnodePaths paths;
    private final List<ACL> acl;

    /**
     * @param connectString {@code zk://host:port/root}
     * @param secret of the masters
     */
    TableZnodes(String connectString, String secret) {
        String address = connectString.substring("zk://".length());
        int slash = address.indexOf('/');
        String masters = "mds-master:" + secret;
        this.paths = new ZnodePaths(address.substring(slash));
        // Not List.of: ZooKeeper's client asks whether the list contains null, which such a list refuses to say.
        this.acl = Arrays.asList(
                new ACL(ZooDefs.Perms.ALL, new Id("digest", digest(masters))),
                new ACL(ZooDefs.Perms.READ, ZooDefs.Ids.ANYONE_ID_UNSAFE));
        this.zooKeeper = CuratorFrameworkFactory.builder()
                .connectString(address.substring(0, slash))
                .sessionTimeoutMs(TIMEOUT_MS)
                .connectionTimeoutMs(TIMEOUT_MS)
                .retryPolicy(new RetryOneTime(100))
                .authorization("digest", masters.getBytes(StandardCharsets.UTF_8))
                .build();
    }

    private static String digest(String credential) {
        try {
            return DigestAuthenticationProvider.generateDigest(credential);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK lacks the digest algorithm of ZooKeeper", e);
        }
    }

    void connect() throws InterruptedException {
        zooKeeper.start();
        if (!zooKeeper.blockUntilConnected(TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("ZooKeeper does not answer");
        }
    }

    /** The numbers that the next table and its first shard get. */
    IdCounters nextIds() throws Exception {
        return ZnodeJson.read(paths.ids(), zooKeeper.getData().forPath(paths.ids()), IdCounters.class);
    }

    /** A table and its shards at once; the counters of ids at last. */
    void write(TablePlan plan) throws Exception {
        List<Integer> beginnings = new ArrayList<>();
        int tablesAtOnce = Math.max(1, ZNODES_AT_ONCE / (1 + plan.shardsOf(0).size()));
        for (int first = 0; first < plan.tables(); first += tablesAtOnce) {
            beginnings.add(first);
        }
        ZooKeeper client = zooKeeper.getZookeeperClient().getZooKeeper();
        Waves.run("tables are written", beginnings, MULTIS_AT_ONCE, first -> {
            List<Op> operations = new ArrayList<>();
            for (int table = first; table < Math.min(first + tablesAtOnce, plan.tables()); table++) {
                operations.add(create(paths.table(TablePlan.name(table)), plan.table(table)));
                for (ShardRecord shard : plan.shardsOf(table)) {
                    operations.add(create(paths.shard(new ShardId(shard.id())), shard));
                }
            }
            return multi(client, operations);
        });
        IdCounters ids = nextIds();
        IdCounters next = new IdCounters(
                ids.nextRegion(),
                ids.nextTable() + plan.tables(),
                ids.nextShard() + plan.shards().size());
        var unused = zooKeeper.setData().forPath(paths.ids(), ZnodeJson.write(next));
    }

    /** Of all simulated regions, as if each had a ZooKeeper session of its own. */
    void writeSessions(List<HeartbeatRegion> regions, String startedAt) throws Exception {
        ZooKeeper client = zooKeeper.getZookeeperClient().getZooKeeper();
        Waves.run("sessions are written", regions, MULTIS_AT_ONCE, region -> {
            RegionSession session = new RegionSession(startedAt, VERSION, HeartbeatRegion.HOST, region.port());
            return multi(
                    client,
                    List.of(Op.create(
                            paths.regionSession(new RegionId(region.id())),
                            ZnodeJson.write(session),
                            acl,
                            CreateMode.EPHEMERAL)));
        });
    }

    private Op create(String path, Record value) {
        return Op.create(path, ZnodeJson.write(value), acl, CreateMode.PERSISTENT);
    }

    private static CompletableFuture<Void> multi(ZooKeeper client, List<Op> operations) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        client.multi(
                operations,
                (code, path, context, results) -> {
                    if (code == KeeperException.Code.OK.intValue()) {
                        answer.complete(null);
                    } else {
                        answer.completeExceptionally(KeeperException.create(KeeperException.Code.get(code), path));
                    }
                },
                null);
        return answer;
    }

    @Override
    public void close() {
        zooKeeper.close();
    }
}
