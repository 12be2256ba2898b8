package io.mds.master.membership;

import io.mds.id.RegionId;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.ZooKeeperSession;
import io.mds.znode.RegionRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;

/** Writes and removes the znodes of many regions in one multi. Thread: the metadata thread's. */
final class RegionZnodes {
    /** Regions that are removed one by one in a row, when they cannot be removed together. */
    private static final int MAX_ONE_BY_ONE = 10;

    private final MetadataWriter writer;
    private final ZnodePaths paths;

    RegionZnodes(MetadataWriter writer, ZnodePaths paths) {
        this.writer = writer;
        this.paths = paths;
    }

    /**
     * Writes znodes that are there.
     *
     * @return the transaction that did
     */
    long write(String what, Collection<RegionRecord> records) throws InterruptedException {
        List<Op> operations = records.stream()
                .map(record -> Op.setData(paths.region(new RegionId(record.id())), ZnodeJson.write(record), -1))
                .toList();
        return writer.write(what, operations);
    }

    /**
     * Removes regions, and their sessions' znodes. A region's own session znode may come or go at any moment: then they
     * are removed one by one, the first few, and the others at another time.
     *
     * @return those that are removed
     */
    Set<RegionId> remove(String what, List<RegionId> regions) throws InterruptedException {
        if (removed(what, regions)) {
            return Set.copyOf(regions);
        }
        Set<RegionId> removed = new HashSet<>();
        for (RegionId region : regions.subList(0, Math.min(regions.size(), MAX_ONE_BY_ONE))) {
            if (removed(what, List.of(region))) {
                removed.add(region);
            }
        }
        return removed;
    }

    private boolean removed(String what, List<RegionId> regions) throws InterruptedException {
        List<String> sessions = regions.stream().map(paths::regionSession).toList();
        Set<String> present = writer.read(what, () -> writer.session().readAll(sessions)).stream()
                .map(ZooKeeperSession.Found::path)
                .collect(Collectors.toSet());
        List<Op> operations = new ArrayList<>();
        for (RegionId region : regions) {
            String session = paths.regionSession(region);
            if (present.contains(session)) {
                operations.add(Op.delete(session, -1));
            }
            operations.add(Op.delete(paths.region(region), -1));
        }
        return writer.attempt(what, operations, Set.of(Code.NOTEMPTY, Code.NONODE));
    }
}
