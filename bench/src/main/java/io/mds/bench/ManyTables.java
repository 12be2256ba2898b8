package io.mds.bench;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.testkit.ClusterView;
import io.mds.znode.IdCounters;
import io.mds.znode.IdentityRecord;
import io.mds.znode.RegionRecord;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.apache.zookeeper.Op;

/**
 * Metadata of many tables with a shard each, written straight to ZooKeeper while no master runs: creating them one by one
 * would take longer than all that is measured, and their data would take more regions than there are.
 *
 * <p>The records are those of a table that the cluster itself made, under other names and numbers. The shards are on a region
 * that is away: it has its identity and its znode, in state SUSPECT, and no process.
 *
 * <p>Thread: one.
 */
final class ManyTables {
    private static final int TABLES_IN_ONE = 32;
    private static final int UNDER_WAY = 16;
    private static final int TELL_EVERY = 20_000;
    private static final UUID ABSENT = new UUID(0x6162_7365_6e74_4000L, 0x8000_0000_0000_0001L);

    private final PlainZooKeeper zooKeeper;
    private final ClusterView view;
    private final ZnodePaths paths;
    private final TableRecord table;
    private final ShardRecord shard;
    private final IntConsumer progress;
    private long absentRegion;
    private int written;

    /**
     * @param pattern the name of a table of one shard and one replica, which the cluster has
     * @param progress told now and then how many tables there are
     */
    ManyTables(PlainZooKeeper zooKeeper, ClusterView view, String pattern, IntConsumer progress) {
        this.zooKeeper = zooKeeper;
        this.view = view;
        this.paths = view.paths();
        this.progress = progress;
        this.table = read(paths.table(pattern), TableRecord.class);
        this.shard = read(paths.shard(new ShardId(table.shards().get(0))), ShardRecord.class);
    }

    /** The name of the one with this number, from 0. */
    static String name(int number) {
        return String.format(Locale.ROOT, "table_%07d", number);
    }

    /** Writes more until there are so many. No master may run. */
    void grow(int count) throws InterruptedException {
        if (absentRegion == 0) {
            admitAbsentRegion();
        }
        IdCounters ids = read(paths.ids(), IdCounters.class);
        int more = count - written;
        List<Op> numbers = List.of(Op.setData(
                paths.ids(),
                ZnodeJson.write(new IdCounters(ids.nextRegion(), ids.nextTable() + more, ids.nextShard() + more)),
                -1));
        Writes writes = new Writes();
        // First, so that no number is given twice, whatever becomes of the rest.
        writes.begin(numbers);
        writes.awaitAll();
        for (int from = 0; from < more; from += TABLES_IN_ONE) {
            List<Op> operations = new ArrayList<>(2 * TABLES_IN_ONE);
            for (int i = from; i < Math.min(more, from + TABLES_IN_ONE); i++) {
                operations.addAll(creation(name(written + i), ids.nextTable() + i, ids.nextShard() + i));
            }
            writes.begin(operations);
            if (from / TELL_EVERY != (from + TABLES_IN_ONE) / TELL_EVERY) {
                progress.accept(written + from + TABLES_IN_ONE);
            }
        }
        writes.awaitAll();
        written = count;
    }

    private void admitAbsentRegion() throws InterruptedException {
        IdCounters ids = read(paths.ids(), IdCounters.class);
        RegionRecord present = view.regions().get(0);
        RegionRecord absent = new RegionRecord(
                ids.nextRegion(),
                ABSENT.toString(),
                present.host(),
                Ports.free(),
                Ports.free(),
                present.version(),
                "SUSPECT",
                present.since());
        RegionId id = new RegionId(absent.id());
        Writes writes = new Writes();
        writes.begin(List.of(
                Op.setData(
                        paths.ids(),
                        ZnodeJson.write(new IdCounters(id.next().value(), ids.nextTable(), ids.nextShard())),
                        -1),
                PlainZooKeeper.creation(
                        paths.identity(ABSENT),
                        ZnodeJson.write(new IdentityRecord(id.value(), "0".repeat(64), absent.since()))),
                PlainZooKeeper.creation(paths.region(id), ZnodeJson.write(absent))));
        writes.awaitAll();
        absentRegion = id.value();
    }

    private List<Op> creation(String name, long id, long shardId) {
        List<Long> region = List.of(absentRegion);
        TableRecord made = new TableRecord(
                id,
                name,
                table.state(),
                table.schemaVersion(),
                table.columns(),
                table.primaryKey(),
                table.partitionColumns(),
                table.replicas(),
                List.of(shardId),
                table.indexes(),
                table.nextColumnId(),
                table.nextIndexId(),
                table.firstColumns());
        ShardRecord itsShard =
                new ShardRecord(shardId, id, shard.view(), absentRegion, region, List.of(), List.of(), List.of());
        return List.of(
                PlainZooKeeper.creation(paths.table(name), ZnodeJson.write(made)),
                PlainZooKeeper.creation(paths.shard(new ShardId(shardId)), ZnodeJson.write(itsShard)));
    }

    private <T extends Record> T read(String path, Class<T> type) {
        byte[] data = view.read(path).orElseThrow(() -> new IllegalStateException(path + " cannot be read"));
        return ZnodeJson.read(path, data, type);
    }

    /** Some writes under way at once; one that fails ends all. */
    private final class Writes {
        private final Semaphore permits = new Semaphore(UNDER_WAY);
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        void begin(List<Op> operations) throws InterruptedException {
            permits.acquire();
            requireNoFailure();
            var unused = zooKeeper.writeAll(operations).whenComplete((done, error) -> {
                if (error != null) {
                    failure.compareAndSet(null, error);
                }
                permits.release();
            });
        }

        void awaitAll() throws InterruptedException {
            permits.acquire(UNDER_WAY);
            permits.release(UNDER_WAY);
            requireNoFailure();
        }

        private void requireNoFailure() {
            Throwable first = failure.get();
            if (first != null) {
                throw new IllegalStateException("writing many tables: " + first.getMessage(), first);
            }
        }
    }
}
