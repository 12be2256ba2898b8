package io.mds.master.metadata;

import io.mds.rpc.EventLoops;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.curator.framework.state.SessionConnectionStateErrorPolicy;
import org.apache.curator.retry.BoundedExponentialBackoffRetry;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The master's ZooKeeper session, with a time limit on every request.
 *
 * <p>Requests go to ZooKeeper's own client and are never retried here: after a lost connection only the caller knows
 * whether sending the same thing again is right. Curator keeps the session and runs the latch.
 *
 * <p>Thread: any that may block; never an event loop.
 */
public final class ZooKeeperSession implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ZooKeeperSession.class);
    /** Reads under way at once while a whole tree is loaded. */
    private static final int READ_WINDOW = 256;

    private final CuratorFramework curator;
    private final Duration requestLimit;
    private final WriteCounters writes;

    private ZooKeeperSession(CuratorFramework curator, Duration requestLimit, WriteCounters writes) {
        this.curator = curator;
        this.requestLimit = requestLimit;
        this.writes = writes;
    }

    public static ZooKeeperSession start(
            String connect,
            Duration sessionTimeout,
            Duration connectionTimeout,
            AccessControl access,
            WriteCounters writes) {
        RetryPolicy retry = new BoundedExponentialBackoffRetry(50, 1000, 3);
        CuratorFrameworkFactory.Builder builder = CuratorFrameworkFactory.builder()
                .connectString(connect)
                .sessionTimeoutMs(Math.toIntExact(sessionTimeout.toMillis()))
                .connectionTimeoutMs(Math.toIntExact(Math.min(connectionTimeout.toMillis(), sessionTimeout.toMillis())))
                .retryPolicy(retry)
                .dontUseContainerParents()
                // SUSPENDED alone must not cost the leadership: it ends by LOST or by the self-timer.
                .connectionStateErrorPolicy(new SessionConnectionStateErrorPolicy())
                .zookeeperFactory(AbandonableZooKeeper::new)
                .aclProvider(new ACLProvider() {
                    @Override
                    public List<ACL> getDefaultAcl() {
                        return access.masters();
                    }

                    @Override
                    public List<ACL> getAclForPath(String path) {
                        return access.masters();
                    }
                });
        if (!access.isOpen()) {
            builder.authorization(access.authentication());
        }
        CuratorFramework curator = builder.build();
        curator.start();
        return new ZooKeeperSession(curator, sessionTimeout, writes);
    }

    public CuratorFramework curator() {
        return curator;
    }

    public void onStateChange(ConnectionStateListener listener) {
        curator.getConnectionStateListenable().addListener(listener);
    }

    public boolean isConnected() {
        return curator.getZookeeperClient().isConnected();
    }

    /** Waits until connected; false when the limit came first. */
    public boolean awaitConnected(Duration limit) throws InterruptedException {
        return curator.blockUntilConnected(Math.toIntExact(Math.max(1, limit.toMillis())), TimeUnit.MILLISECONDS);
    }

    public long sessionId() throws KeeperException {
        return zooKeeper().getSessionId();
    }

    /** The session timeout that the server granted. */
    public Duration grantedSessionTimeout() throws KeeperException {
        return Duration.ofMillis(zooKeeper().getSessionTimeout());
    }

    public List<OpResult> multi(List<Op> ops) throws KeeperException, InterruptedException {
        long start = System.nanoTime();
        CompletableFuture<List<OpResult>> answer = new CompletableFuture<>();
        zooKeeper()
                .multi(
                        ops,
                        (rc, path, ctx, results) -> {
                            Code code = Code.get(rc);
                            if (code == Code.OK) {
                                answer.complete(results);
                            } else {
                                answer.completeExceptionally(
                                        new MultiFailure(KeeperException.create(code, path), results));
                            }
                        },
                        null);
        List<OpResult> results = await(answer);
        writes.add(System.nanoTime() - start);
        return results;
    }

    /** The znode's stat, or null when there is none. */
    public Stat exists(String path) throws KeeperException, InterruptedException {
        CompletableFuture<Stat> answer = new CompletableFuture<>();
        zooKeeper().exists(path, false, (rc, p, ctx, stat) -> complete(answer, rc, p, stat), null);
        return orNull(answer);
    }

    /** The znode's data and stat, or null when there is none. */
    public Versioned<byte[]> read(String path) throws KeeperException, InterruptedException {
        return orNull(readAsync(zooKeeper(), path));
    }

    /** The same, and the watcher is told of the next change, also when there is no such znode yet. */
    public Versioned<byte[]> readAndWatch(String path, Watcher watcher) throws KeeperException, InterruptedException {
        CompletableFuture<Stat> there = new CompletableFuture<>();
        zooKeeper().exists(path, watcher, (rc, p, ctx, stat) -> complete(there, rc, p, stat), null);
        return orNull(there) == null ? null : read(path);
    }

    /** Watches a whole tree for as long as the session lives, through reconnects. */
    public void watchTree(String path, Watcher watcher) throws KeeperException, InterruptedException {
        CompletableFuture<String> answer = new CompletableFuture<>();
        zooKeeper()
                .addWatch(
                        path,
                        watcher,
                        AddWatchMode.PERSISTENT_RECURSIVE,
                        (rc, p, ctx) -> complete(answer, rc, p, p),
                        null);
        await(answer);
    }

    public Stat statOf(String path) throws KeeperException, InterruptedException {
        Stat stat = exists(path);
        if (stat == null) {
            throw KeeperException.create(Code.NONODE, path);
        }
        return stat;
    }

    public List<String> children(String path) throws KeeperException, InterruptedException {
        CompletableFuture<List<String>> answer = new CompletableFuture<>();
        zooKeeper().getChildren(path, false, (rc, p, ctx, children) -> complete(answer, rc, p, children), null);
        return await(answer);
    }

    /** Reads many znodes with a bounded number of requests under way; those that are gone are left out. */
    public List<Found> readAll(Collection<String> paths) throws KeeperException, InterruptedException {
        record Asked(String path, CompletableFuture<Versioned<byte[]>> answer) {}
        ZooKeeper zooKeeper = zooKeeper();
        List<Found> found = new ArrayList<>(paths.size());
        Deque<Asked> underWay = new ArrayDeque<>();
        for (String path : paths) {
            if (underWay.size() >= READ_WINDOW) {
                Asked oldest = underWay.remove();
                Versioned<byte[]> value = orNull(oldest.answer());
                if (value != null) {
                    found.add(new Found(oldest.path(), value));
                }
            }
            underWay.add(new Asked(path, readAsync(zooKeeper, path)));
        }
        for (Asked asked : underWay) {
            Versioned<byte[]> value = orNull(asked.answer());
            if (value != null) {
                found.add(new Found(asked.path(), value));
            }
        }
        return found;
    }

    /** Makes this session's next reads as new as everything committed before. */
    public void sync(String path) throws KeeperException, InterruptedException {
        CompletableFuture<String> answer = new CompletableFuture<>();
        zooKeeper().sync(path, (rc, p, ctx) -> complete(answer, rc, p, p), null);
        await(answer);
    }

    public List<ACL> acl(String path) throws KeeperException, InterruptedException {
        CompletableFuture<List<ACL>> answer = new CompletableFuture<>();
        zooKeeper().getACL(path, new Stat(), (rc, p, ctx, acl, stat) -> complete(answer, rc, p, acl), null);
        return await(answer);
    }

    public void setAcl(String path, List<ACL> acl) throws KeeperException, InterruptedException {
        CompletableFuture<Stat> answer = new CompletableFuture<>();
        zooKeeper().setACL(path, acl, -1, (rc, p, ctx, stat) -> complete(answer, rc, p, stat), null);
        await(answer);
    }

    @Override
    public void close() {
        curator.close();
    }

    /** Stops without ending the session, as a killed process would; what it holds goes when its time is over. */
    public void abandon() {
        try {
            ZooKeeper client = curator.getZookeeperClient().getZooKeeper();
            if (client instanceof AbandonableZooKeeper abandonable) {
                abandonable.abandon();
            }
        } catch (Exception e) {
            log.debug("no ZooKeeper client to abandon: {}", e.toString());
        }
        curator.close();
    }

    /** A znode that {@link #readAll} found. */
    public record Found(String path, Versioned<byte[]> value) {}

    /** A failed multi with its per-operation results, which say which operation failed it. */
    private static final class MultiFailure extends Exception {
        private static final long serialVersionUID = 1L;

        private final KeeperException cause;
        private final transient List<OpResult> results;

        MultiFailure(KeeperException cause, List<OpResult> results) {
            super(cause);
            this.cause = cause;
            this.results = results;
        }
    }

    /** Says, as the cause of a refused multi's exception, which operation could not be done. */
    private static final class FailedOperation extends Exception {
        private static final long serialVersionUID = 1L;

        private final int position;

        FailedOperation(int position) {
            super("operation " + position + " of the multi", null, false, false);
            this.position = position;
        }
    }

    /** Zero-based position of the first operation of a multi that could not be done; 0 when it was not a multi. */
    static int failedOperation(KeeperException e) {
        return e.getCause() instanceof FailedOperation failed ? failed.position : 0;
    }

    private ZooKeeper zooKeeper() throws KeeperException {
        EventLoops.assertMayBlock();
        try {
            return curator.getZookeeperClient().getZooKeeper();
        } catch (KeeperException e) {
            throw e;
        } catch (Exception e) {
            KeeperException lost = KeeperException.create(Code.CONNECTIONLOSS);
            lost.initCause(e);
            throw lost;
        }
    }

    private static CompletableFuture<Versioned<byte[]>> readAsync(ZooKeeper zooKeeper, String path) {
        CompletableFuture<Versioned<byte[]>> answer = new CompletableFuture<>();
        zooKeeper.getData(
                path,
                false,
                (rc, p, ctx, data, stat) -> complete(
                        answer, rc, p, stat == null ? null : new Versioned<>(data, stat.getVersion(), stat.getMzxid())),
                null);
        return answer;
    }

    private static <T> void complete(CompletableFuture<T> answer, int rc, String path, T value) {
        Code code = Code.get(rc);
        if (code == Code.OK) {
            answer.complete(value);
        } else {
            answer.completeExceptionally(KeeperException.create(code, path));
        }
    }

    private <T> T orNull(CompletableFuture<T> answer) throws KeeperException, InterruptedException {
        try {
            return await(answer);
        } catch (KeeperException.NoNodeException e) {
            return null;
        }
    }

    private <T> T await(CompletableFuture<T> answer) throws KeeperException, InterruptedException {
        try {
            return answer.get(requestLimit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw KeeperException.create(Code.OPERATIONTIMEOUT);
        } catch (ExecutionException | CompletionException e) {
            if (e.getCause() instanceof MultiFailure failure) {
                throw refused(failure);
            }
            if (e.getCause() instanceof KeeperException keeper) {
                throw keeper;
            }
            throw new IllegalStateException("ZooKeeper's client failed", e.getCause());
        }
    }

    private static KeeperException refused(MultiFailure failure) {
        if (failure.results != null) {
            for (int i = 0; i < failure.results.size(); i++) {
                if (failure.results.get(i) instanceof OpResult.ErrorResult error
                        && error.getErr() != Code.OK.intValue()
                        && error.getErr() != Code.RUNTIMEINCONSISTENCY.intValue()) {
                    KeeperException refused = KeeperException.create(Code.get(error.getErr()), failure.cause.getPath());
                    refused.initCause(new FailedOperation(i));
                    return refused;
                }
            }
        }
        return failure.cause;
    }
}
