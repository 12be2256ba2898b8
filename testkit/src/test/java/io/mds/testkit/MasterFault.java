package io.mds.testkit;

import io.mds.znode.ZnodePaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;

/** What may befall the active master, so that another one has to take over. */
enum MasterFault {
    /** {@code kill -9}; it may be started again before its session is over. */
    KILL {
        @Override
        Runnable strike(MdsCluster cluster, Member master, Random random) {
            master.kill();
            if (random.nextBoolean()) {
                master.start();
                return NOTHING;
            }
            return master::start;
        }
    },
    /** {@code kill -STOP}: it comes back with everything that it had in mind. */
    STOP {
        @Override
        Runnable strike(MdsCluster cluster, Member master, Random random) {
            master.pause();
            return master::resume;
        }
    },
    /** Its ZooKeeper session ends while it is well and connected. */
    EXPIRE {
        @Override
        Runnable strike(MdsCluster cluster, Member master, Random random) {
            // None, when it was deposed just now all by itself.
            cluster.view().masterSession(master.port()).ifPresent(cluster.zooKeeper()::expireSession);
            return NOTHING;
        }
    },
    /** Nothing gets through to ZooKeeper; what it has sent may arrive when it is connected again. */
    CUT {
        @Override
        Runnable strike(MdsCluster cluster, Member master, Random random) {
            cluster.links().cutZooKeeper(master, random.nextBoolean() ? Links.Cut.CLOSED : Links.Cut.SILENT);
            return cluster.links()::heal;
        }
    },
    /** Its place in the queue of masters is taken away, and its session is not: nothing but the epoch stops it. */
    UNSEAT {
        @Override
        Runnable strike(MdsCluster cluster, Member master, Random random) {
            ZnodePaths paths = cluster.view().paths();
            for (String child : cluster.view().children(paths.latch())) {
                String path = paths.latch() + "/" + child;
                if (cluster.view().read(path).map(String::new).orElse("").equals(master.name())) {
                    delete(cluster, path);
                }
            }
            return NOTHING;
        }
    };

    static final Runnable NOTHING = () -> {};

    private static final int SESSION_TIMEOUT_MS = 30_000;

    /**
     * Does it to the active master.
     *
     * @return what makes it well again, to be called after another one has taken over
     */
    abstract Runnable strike(MdsCluster cluster, Member master, Random random);

    /** Whether another one takes over at once, and not when the session is over. */
    boolean isNoticedAtOnce() {
        return this == EXPIRE || this == UNSEAT;
    }

    private static void delete(MdsCluster cluster, String path) {
        try (ZooKeeper zooKeeper =
                new ZooKeeper(cluster.zooKeeper().connectString(), SESSION_TIMEOUT_MS, event -> {})) {
            zooKeeper.delete(path, -1);
        } catch (KeeperException.NoNodeException e) {
            // It has left the queue by itself.
            return;
        } catch (KeeperException e) {
            throw new IllegalStateException("cannot delete " + path + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while deleting " + path, e);
        }
    }
}
