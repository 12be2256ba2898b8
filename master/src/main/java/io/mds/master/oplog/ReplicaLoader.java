package io.mds.master.oplog;

import io.mds.master.metadata.ZooKeeperSession;
import io.mds.master.routes.RoutePublisher;
import io.mds.master.state.FollowedState;
import io.mds.master.state.StateLoader;
import io.mds.znode.ZnodePaths;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a replica from the state's znodes, for one that has none or whose entries are not to be had.
 *
 * <p>The end of the log is noted before the reading, and the entries from there to the end of the log after it are taken on
 * top of what was read: nothing that was written meanwhile is missed, however long the reading takes.
 */
final class ReplicaLoader {
    private static final Logger log = LoggerFactory.getLogger(ReplicaLoader.class);

    private final ZooKeeperSession session;
    private final ZnodePaths paths;
    private final OpLogReader reader;

    ReplicaLoader(ZooKeeperSession session, ZnodePaths paths) {
        this.session = session;
        this.paths = paths;
        this.reader = new OpLogReader(session, paths);
    }

    /** While others write. */
    Replica load() throws KeeperException, InterruptedException, OpLogBrokenException {
        long begin = System.nanoTime();
        reader.sync();
        long since = reader.epoch().opLogSince();
        long noted = OpLogTail.lastOf(reader);
        StateLoader loader = new StateLoader(session, paths);
        loader.read();
        reader.sync();
        long applied = new OpLogTail(reader, noted)
                .find(read -> loader.apply(read.entry().changes(), read.zxid()));
        if (reader.latest().sequence() > applied) {
            throw new OpLogBrokenException("entry " + (applied + 1) + " of the OpLog is missing");
        }
        return replica(loader.build(), applied, since, begin);
    }

    /** When nobody can write: what is read is the truth, and of the entries only the number of the last one matters. */
    Replica loadAtEnd() throws KeeperException, InterruptedException {
        long begin = System.nanoTime();
        reader.sync();
        StateLoader loader = new StateLoader(session, paths);
        loader.read();
        return replica(loader.build(), OpLogTail.endOf(reader), reader.epoch().opLogSince(), begin);
    }

    private static Replica replica(FollowedState followed, long applied, long since, long begin) {
        RoutePublisher routes = new RoutePublisher(followed.state());
        followed.listener(routes);
        DigestHistory digests = new DigestHistory();
        digests.add(applied, followed.image().digest());
        log.info(
                "read {} tables and {} shards as of entry {} of the OpLog in {} ms",
                followed.state().tables().size(),
                followed.state().shardCount(),
                applied,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
        return new Replica(followed, routes, digests, new EntryQueue(applied), since, System.nanoTime());
    }
}
