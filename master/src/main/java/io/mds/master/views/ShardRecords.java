package io.mds.master.views;

import io.mds.id.ShardId;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.Table;
import io.mds.znode.ShardRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.zookeeper.Op;

/**
 * Writes shards' records, each by its version and many in one multi, and makes them known.
 *
 * <p>Thread: the metadata thread's.
 */
final class ShardRecords {
    /** Records that one pass over many shards writes: a few multis, so that the metadata thread is soon free again. */
    static final int MAX_AT_ONCE = 2_000;
    /** Well below what a multi may hold, in which each record stands twice: in its znode, and in the OpLog's entry. */
    private static final int MAX_BYTES = MetadataWriter.MAX_MULTI_BYTES / 2;
    /** What an operation takes besides its data, generously. */
    private static final int OVERHEAD = 320;

    private final ClusterState state;
    private final MetadataWriter writer;
    private final ZnodePaths paths;
    private final Publisher publisher;

    /** Makes the present state of tables visible to clients. */
    interface Publisher {
        void changed(Set<Table> tables) throws InterruptedException;
    }

    ShardRecords(ClusterState state, MetadataWriter writer, ZnodePaths paths, Publisher publisher) {
        this.state = state;
        this.writer = writer;
        this.paths = paths;
        this.publisher = publisher;
    }

    /** Whether a write may be tried now. */
    boolean mayWrite() {
        return writer.leadership().mayWrite();
    }

    /** Writes them all, or throws with some of them written and known, and the rest as before. */
    void write(String what, Map<Shard, ShardRecord> changes) throws InterruptedException {
        Map<Shard, ShardRecord> batch = new LinkedHashMap<>();
        List<Op> operations = new ArrayList<>();
        int bytes = 0;
        for (Map.Entry<Shard, ShardRecord> change : changes.entrySet()) {
            Shard shard = change.getKey();
            byte[] data = ZnodeJson.write(change.getValue());
            if (bytes + data.length + OVERHEAD > MAX_BYTES) {
                flush(what, batch, operations);
                bytes = 0;
            }
            bytes += data.length + OVERHEAD;
            batch.put(shard, change.getValue());
            operations.add(Op.setData(
                    paths.shard(new ShardId(shard.id())),
                    data,
                    shard.versioned().version()));
        }
        flush(what, batch, operations);
    }

    private void flush(String what, Map<Shard, ShardRecord> batch, List<Op> operations) throws InterruptedException {
        if (batch.isEmpty()) {
            return;
        }
        long zxid = writer.write(what, operations);
        Set<Table> tables = new LinkedHashSet<>();
        batch.forEach((shard, next) -> {
            state.replaceShard(shard, next, zxid);
            tables.add(shard.table());
        });
        batch.clear();
        operations.clear();
        publisher.changed(tables);
    }
}
