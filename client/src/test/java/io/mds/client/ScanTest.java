package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.client.testing.Fault;
import io.mds.client.testing.TestingCluster.Telling;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Request;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScanTest extends ClusterTest {
    private static final int DIRS = 30;
    private static final int FILES_EACH = 40;

    private final List<Row> all = new ArrayList<>();

    @BeforeEach
    void fill() {
        for (int d = 0; d < DIRS; d++) {
            for (int f = 0; f < FILES_EACH; f++) {
                all.add(file(String.format("/d%02d", d), String.format("f%02d", f), d * 100L + f));
            }
        }
        List<Row> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(1));
        assertThat(files.upsertAll(shuffled)).isEqualTo(all.size());
        assertThat(cluster.rowsByShard("files")).allMatch(rows -> rows > 0);
    }

    private List<Row> scan(Scan scan) {
        try (RowStream rows = files.scan(scan)) {
            return rows.toList();
        }
    }

    @Test
    void rowsOfAllShardsComeInTheOrderOfTheirKeys() {
        assertThat(scan(Scan.all())).isEqualTo(all);
        List<Row> backwards = new ArrayList<>(all);
        Collections.reverse(backwards);
        assertThat(scan(Scan.all().reverse())).isEqualTo(backwards);
    }

    @Test
    void pagesOfAnySizeGiveTheSameRows() {
        for (int pageRows : new int[] {1, 7, 60}) {
            IntStream.range(0, 3).forEach(region -> cluster.region(region).pageRows(pageRows));
            assertThat(scan(Scan.all())).isEqualTo(all);
            assertThat(scan(Scan.all().reverse().limit(5))).hasSize(5).first().isEqualTo(all.get(all.size() - 1));
            assertThat(files.count(Scan.all())).isEqualTo(all.size());
        }
        try (MdsClient small = MdsClient.connect(options().pageRows(13).build());
                RowStream rows = small.table("files").scan(Scan.all())) {
            assertThat(rows.toList()).isEqualTo(all);
        }
    }

    @Test
    void aPrefixThatFixesThePartitionAsksOneShard() {
        int before = requests();
        assertThat(scan(Scan.prefix("/d07"))).isEqualTo(all.subList(7 * FILES_EACH, 8 * FILES_EACH));
        assertThat(requests() - before).isEqualTo(1);
        assertThat(scan(Scan.range(Key.of("/d07", "f10"), Key.of("/d07", "f20"))))
                .isEqualTo(all.subList(7 * FILES_EACH + 10, 7 * FILES_EACH + 20));
        assertThat(requests() - before).isEqualTo(2);
        assertThat(files.count(Scan.prefix("/d07"))).isEqualTo(FILES_EACH);
        assertThat(requests() - before).isEqualTo(3);
    }

    @Test
    void rangesIncludeTheirStartAndExcludeTheirEnd() {
        assertThat(scan(Scan.range(Key.of("/d02"), Key.of("/d04"))))
                .isEqualTo(all.subList(2 * FILES_EACH, 4 * FILES_EACH));
        assertThat(scan(Scan.from(Key.of("/d29", "f39")))).isEqualTo(all.subList(all.size() - 1, all.size()));
        assertThat(scan(Scan.before(Key.of("/d00", "f01")))).isEqualTo(all.subList(0, 1));
        assertThat(scan(Scan.range(Key.of("/d04"), Key.of("/d02")))).isEmpty();
        assertThat(files.count(Scan.range(Key.of("/d04"), Key.of("/d04")))).isZero();
    }

    private void garbled(boolean value) {
        IntStream.range(0, 3).forEach(region -> cluster.region(region).garbled(value));
    }

    @Test
    void aPageWithBytesThatAreNoRowFailsTheScan() {
        for (Scan some : List.of(Scan.all(), Scan.prefix("/d02"))) {
            garbled(true);
            assertThatThrownBy(() -> scan(some))
                    .isInstanceOf(MdsException.class)
                    .hasMessageContaining("1 bytes that are no row");
            garbled(false);
            assertThat(scan(some)).isNotEmpty();
        }
    }

    @Test
    void theLimitIsPushedDownAndHolds() {
        int before = requests();
        assertThat(scan(Scan.all().limit(25))).isEqualTo(all.subList(0, 25));
        List<Request> scans = IntStream.range(0, 3)
                .boxed()
                .flatMap(region -> cluster.region(region).requests().stream())
                .filter(Request::hasScan)
                .toList();
        assertThat(scans).isNotEmpty().allMatch(request -> request.getScan().getLimit() <= 25);
        assertThat(requests() - before).isEqualTo(4);
    }

    @Test
    void filtersAndColumnsAreEvaluatedWhereTheRowsAre() {
        List<Row> expected = all.stream()
                .filter(row -> row.getLong("size") % 100 >= 38)
                .map(row -> Row.of("name", row.getString("name"), "size", row.getLong("size")))
                .toList();
        Filter large = Filters.in("name", "f38", "f39");
        List<Row> rows = scan(Scan.all().where(large).columns("name", "size"));
        assertThat(rows).isEqualTo(expected);
        assertThat(rows.get(0).columns()).containsExactly("name", "size");
        assertThat(files.count(Scan.all().where(large))).isEqualTo(expected.size());
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "table 'files': column 'size': 'x'",
                () -> scan(Scan.all().where(Filters.eq("size", "x"))));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "no column 'sise'",
                () -> files.count(Scan.all().where(Filters.eq("sise", 1))));
    }

    @Test
    void aFilterThatPassesFewRowsFindsThemBeyondEmptyPages() {
        IntStream.range(0, 3).forEach(region -> cluster.region(region).pageRows(3));
        assertThat(scan(Scan.all().where(Filters.eq("size", 2939L)))).containsExactly(all.get(all.size() - 1));
        assertThat(scan(Scan.all().where(Filters.eq("size", -1L)))).isEmpty();
    }

    @Test
    void pagesLeadToOneAnotherWithoutWaiting() {
        List<Row> rows = new ArrayList<>();
        ScanPage page = files.scanAsync(Scan.all()).join();
        rows.addAll(page.rows());
        while (page.hasNext()) {
            page = page.next().join();
            rows.addAll(page.rows());
        }
        assertThat(rows).isEqualTo(all);
        ScanPage last = page;
        assertThat(last.next()).isCompletedExceptionally();
    }

    @Test
    void aStreamIsAnIteratorAndALoopAndAStream() {
        List<Row> seen = new ArrayList<>();
        try (RowStream rows = files.scan(Scan.prefix("/d01").limit(3))) {
            seen.add(rows.next());
            for (Row row : rows) {
                seen.add(row);
            }
            Assertions.assertThatThrownBy(rows::next).isInstanceOf(NoSuchElementException.class);
        }
        assertThat(seen).isEqualTo(all.subList(FILES_EACH, FILES_EACH + 3));
        try (RowStream rows = files.scan(Scan.all())) {
            assertThat(rows.stream().mapToLong(row -> row.getLong("size")).max())
                    .hasValue(2939);
        }
    }

    @Test
    void aClosedStreamHasNoMoreRows() {
        RowStream rows = files.scan(Scan.all());
        assertThat(rows.hasNext()).isTrue();
        rows.close();
        rows.close();
        assertThat(rows.hasNext()).isFalse();
    }

    @Test
    void pagesThatAreLostAreAskedForAgain() {
        IntStream.range(0, 3).forEach(region -> {
            cluster.region(region).pageRows(50);
            cluster.region(region)
                    .failNext(Fault.cutBeforeApplying(), Fault.cutAfterApplying(), Fault.silenceAfterApplying());
        });
        try (MdsClient impatient =
                        MdsClient.connect(options().attemptTimeout(IMPATIENT).build());
                RowStream rows = impatient.table("files").scan(Scan.all())) {
            assertThat(rows.toList()).isEqualTo(all);
        }
    }

    @Test
    void shardsMayMoveUnderAScan() {
        IntStream.range(0, 3).forEach(region -> cluster.region(region).pageRows(20));
        List<Row> rows = new ArrayList<>();
        int moves = 0;
        try (RowStream stream = files.scan(Scan.all())) {
            while (stream.hasNext()) {
                rows.add(stream.next());
                if (rows.size() % 100 == 0) {
                    cluster.move("files", moves % 4, cluster.region(moves % 3), Telling.NOBODY);
                    moves++;
                }
            }
        }
        assertThat(rows).isEqualTo(all);
    }

    @Test
    void bulkLoadsAreSplitIntoBatches() {
        long before = cluster.applied("files");
        List<Row> many = IntStream.range(0, 5_000)
                .mapToObj(i -> file("/bulk" + i % 20, "f" + i, i))
                .toList();
        assertThat(files.upsertAllAsync(many).join()).isEqualTo(5_000);
        assertThat(cluster.applied("files") - before).isBetween(10L, 20L);
        assertThat(files.count(Scan.all())).isEqualTo(all.size() + 5_000L);
    }

    @Test
    void inABulkLoadTheLaterRowOfAKeyWins() {
        List<Row> rows = IntStream.range(0, 6_000)
                .mapToObj(i -> file("/same", "f" + i % 700, i))
                .toList();
        cluster.region(0).failNext(Fault.cutBeforeApplying());
        cluster.region(1).failNext(Fault.cutBeforeApplying());
        cluster.region(2).failNext(Fault.cutBeforeApplying());
        assertThat(files.upsertAll(rows)).isEqualTo(6_000);
        List<Row> last = rows.subList(5_300, 6_000).stream()
                .sorted(Comparator.comparing(row -> row.getString("name")))
                .toList();
        assertThat(scan(Scan.prefix("/same"))).isEqualTo(last);
    }

    @Test
    void aBulkLoadTakesNoMoreRowsThanTheClusterKeepsUpWith() {
        IntStream.range(0, 3).forEach(region -> cluster.region(region).silent(true));
        int[] taken = new int[1];
        Iterable<Row> endless = () -> IntStream.iterate(0, i -> i + 1)
                .peek(i -> taken[0] = i)
                .mapToObj(i -> file("/bulk" + i % 20, "f" + i, i))
                .iterator();
        failure(() -> files.withTimeout(java.time.Duration.ofMillis(300)).upsertAll(endless));
        assertThat(taken[0]).isLessThan(20_000);
    }

    @Test
    void aBadRowStopsABulkLoadWithItsName() {
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                "column 'size'",
                () -> files.upsertAll(List.of(file("/x", "ok", 1), Row.of("dir", "/x", "name", "bad"))));
    }

    private int requests() {
        return IntStream.range(0, 3)
                .map(region -> cluster.region(region).requests().size())
                .sum();
    }
}
