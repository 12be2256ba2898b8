package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.Batch;
import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.ShardVerification;
import io.mds.client.Table;
import io.mds.table.TableSchema;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A replica that is made while its shard is written to gets what was written meanwhile. */
class CopyUnderWritesIT {
    private static final int DIRECTORIES = 240;
    private static final int NAMES = 100;
    private static final String FILLER = "x".repeat(1_000);
    private static final long BATCH_BYTES = (long) NAMES * FILLER.length();

    /** Twice what is kept in memory of what comes during a copy. */
    private static final long WRITTEN_BYTES = 16L << 20;

    private static final long BYTES_PER_SECOND = 2L << 20;

    private final long[] generations = new long[DIRECTORIES];

    @Test
    void alsoWhenThatIsMoreThanIsKeptInMemory() {
        Random random = new Random(1);
        // At this rate the copy of 24 MB takes eight seconds.
        try (MdsCluster cluster = MdsCluster.builder()
                .mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .masters(1)
                .regions(2)
                .setOnRegions("snapshot.bandwidth", "3MiB")
                .start()) {
            MdsClient client = cluster.client();
            client.createTable(TableSchema.named("files")
                    .column("dir", INT64)
                    .column("name", INT64)
                    .column("generation", INT64)
                    .column("filler", STRING)
                    .primaryKey("dir", "name")
                    .partitionBy("dir")
                    .replicas(3)
                    .build());
            Table files = client.table("files");
            for (int directory = 0; directory < DIRECTORIES; directory++) {
                write(files, directory);
            }
            assertThat(Tour.allTakePart(client))
                    .as("three replicas on two regions")
                    .isFalse();
            Member added = cluster.addRegion();
            Await.until(
                    "the new region is to get a replica",
                    () -> client.statusWithShards().shardStates().stream()
                            .noneMatch(each -> each.learners().isEmpty()));
            long begin = System.nanoTime();
            for (long written = 0; written < WRITTEN_BYTES; written += BATCH_BYTES) {
                write(files, random.nextInt(DIRECTORIES));
                long due = begin + written * TimeUnit.SECONDS.toNanos(1) / BYTES_PER_SECOND;
                LockSupport.parkNanos(due - System.nanoTime());
            }
            Await.until("the new region's replica takes part", () -> Tour.allTakePart(client));
            assertThat(added.output())
                    .contains("a copy of 24000 rows came")
                    .as("what was written meanwhile came with it")
                    .doesNotContain("did not come");
            assertThat(client.verify("files", 16, shard -> {}))
                    .hasSize(1)
                    .allMatch(ShardVerification::isEqual)
                    .allMatch(shard -> shard.equal().size() == 3);
            for (int directory = 0; directory < DIRECTORIES; directory++) {
                requireLatest(files, directory);
            }
        }
    }

    private void write(Table files, int directory) {
        generations[directory]++;
        Batch batch = Batch.atomic();
        for (long name = 0; name < NAMES; name++) {
            batch.upsert(Row.of(
                    "dir", (long) directory, "name", name, "generation", generations[directory], "filler", FILLER));
        }
        files.write(batch);
    }

    private void requireLatest(Table files, int directory) {
        int found = 0;
        try (RowStream rows = files.scan(Scan.prefix((long) directory))) {
            while (rows.hasNext()) {
                assertThat(rows.next().getLong("generation")).isEqualTo(generations[directory]);
                found++;
            }
        }
        assertThat(found).isEqualTo(NAMES);
    }
}
