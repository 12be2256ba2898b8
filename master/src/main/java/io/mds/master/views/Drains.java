package io.mds.master.views;

import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.Versioned;
import io.mds.znode.DrainedRegions;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The regions that operators have drained; kept in ZooKeeper, so that the next master keeps to it.
 *
 * <p>Thread: the metadata thread's.
 */
public final class Drains {
    private static final Logger log = LoggerFactory.getLogger(Drains.class);

    private final MetadataWriter writer;
    private final ZnodePaths paths;
    private final AccessControl access;
    private DrainedRegions drained;
    private boolean exists;

    private Drains(MetadataWriter writer, ZnodePaths paths, AccessControl access, Versioned<byte[]> found) {
        this.writer = writer;
        this.paths = paths;
        this.access = access;
        this.exists = found != null;
        this.drained = found == null
                ? DrainedRegions.NONE
                : ZnodeJson.read(paths.drained(), found.value(), DrainedRegions.class);
    }

    public static Drains load(MetadataWriter writer, ZnodePaths paths, AccessControl access)
            throws InterruptedException {
        Versioned<byte[]> found =
                writer.read("read " + paths.drained(), () -> writer.session().read(paths.drained()));
        return new Drains(writer, paths, access, found);
    }

    /** It is to lead nothing, and gets nothing. */
    boolean isDrained(long region) {
        return drained.leaders().contains(region);
    }

    /** It is to hold nothing either. */
    boolean isToBeEmptied(long region) {
        return drained.replicas().contains(region);
    }

    boolean isAny() {
        return !drained.leaders().isEmpty();
    }

    void set(long region, boolean leaders, boolean replicas) throws InterruptedException {
        DrainedRegions next = new DrainedRegions(
                with(drained.leaders(), region, leaders), with(drained.replicas(), region, leaders && replicas));
        if (next.equals(drained)) {
            return;
        }
        byte[] data = ZnodeJson.write(next);
        Op write = exists
                ? Op.setData(paths.drained(), data, -1)
                : Op.create(paths.drained(), data, access.masters(), CreateMode.PERSISTENT);
        writer.write("drain of region " + region, List.of(write));
        exists = true;
        drained = next;
        if (!leaders) {
            log.info("region {} takes shards again", region);
        } else {
            log.info("region {} is drained: it is to {} nothing", region, replicas ? "hold" : "lead");
        }
    }

    private static List<Long> with(List<Long> regions, long region, boolean contained) {
        List<Long> others = ShardViews.without(regions, List.of(region));
        return contained ? ShardViews.union(others, List.of(region)) : others;
    }
}
