package io.mds.region.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.region.store.RowChanges.Change;
import io.mds.region.store.ShardRows.DirtyRow;
import io.mds.region.store.ShardRows.Known;
import io.mds.table.WireRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShardRowsTest {
    private static final byte[] OPEN = {};

    private final RowMemory whole = new RowMemory(1 << 20);
    private final ShardRows rows = whole.addShard();

    private static byte[] key(int number) {
        return new byte[] {(byte) number};
    }

    private static StoredRow row(long version) {
        return new StoredRow(version, ByteString.copyFromUtf8("row " + version));
    }

    private static List<Change> change(int number, StoredRow before, StoredRow after) {
        RowChanges changes = new RowChanges();
        ByteString key = ByteString.copyFrom(key(number));
        changes.load(key, key(number), before);
        changes.begin();
        changes.put(key, after);
        return changes.changed();
    }

    private static List<RowInRange> inRange(int... numbers) {
        List<RowInRange> rows = new ArrayList<>();
        for (int number : numbers) {
            rows.add(new RowInRange(key(number), row(number)));
        }
        return rows;
    }

    private void readRange(int from, int to, boolean complete, int... numbers) {
        byte[] last = complete ? key(to) : key(numbers[numbers.length - 1]);
        assertThat(rows.complete(rows.generation(), new RangeRead(inRange(numbers), key(from), last, !complete), true))
                .isPresent();
    }

    private static List<Integer> numbers(Optional<List<RowInRange>> rows) {
        return rows.orElseThrow().stream().map(row -> (int) row.key()[0]).toList();
    }

    private Optional<List<Integer>> scan(byte[] start, byte[] end, boolean reverse, int limit) {
        return rows.scan(start, end, reverse, new PageCollector(limit, 1 << 20, 1_000, (key, row) -> true, null))
                .map(page -> page.rows().stream()
                        .map(row -> (int) Copies.row(row).getKey().byteAt(0))
                        .toList());
    }

    @Test
    void aCompleteRangeAnswersScansWithinIt() {
        readRange(10, 50, true, 20, 30, 40);
        assertThat(scan(key(10), key(50), false, 10)).contains(List.of(20, 30, 40));
        assertThat(scan(key(10), key(50), true, 10)).contains(List.of(40, 30, 20));
        assertThat(scan(key(10), key(35), false, 10)).contains(List.of(20, 30));
        assertThat(scan(key(25), key(50), true, 1)).contains(List.of(40));
        assertThat(scan(key(25), key(28), false, 10)).contains(List.of());
        assertThat(scan(key(9), key(50), false, 10)).isEmpty();
        assertThat(scan(key(10), key(51), false, 10)).isEmpty();
        assertThat(scan(key(10), OPEN, false, 3)).contains(List.of(20, 30, 40));
        assertThat(scan(key(10), OPEN, false, 4)).isEmpty();
    }

    @Test
    void aRowStaysTheSameWhenItWasScanned() {
        readRange(10, 50, true, 20, 30);
        rows.apply(change(30, row(30), row(99)));
        for (int i = 0; i < 2; i++) {
            assertThat(scan(key(10), key(50), false, 10)).contains(List.of(20, 30));
            assertThat(rows.find(key(20))).contains(new Known(row(20)));
            assertThat(rows.find(key(30))).contains(new Known(row(99)));
        }
        rows.apply(change(30, row(99), row(100)));
        Optional<ShardRows.Page> page =
                rows.scan(key(30), key(50), false, new PageCollector(10, 1 << 20, 1_000, (key, row) -> true, null));
        assertThat(page.orElseThrow().rows()).containsExactly(WireRow.encode(key(30), row(100).bytes(), 100));
    }

    @Test
    void aCutPageIsKnownUpToItsLastRow() {
        readRange(10, 50, false, 20, 30);
        assertThat(scan(key(10), key(50), false, 2)).contains(List.of(20, 30));
        assertThat(scan(key(10), key(30), false, 10)).contains(List.of(20));
        assertThat(scan(key(10), key(31), false, 10)).isEmpty();
        readRange(31, 50, true, 40);
        assertThat(scan(key(10), key(30), true, 10)).contains(List.of(20));
        assertThat(scan(key(31), key(50), true, 10)).contains(List.of(40));
    }

    @Test
    void keysBetweenNeighboursAreKnownToHaveNoRow() {
        readRange(10, 50, true, 20, 30);
        assertThat(rows.find(key(25))).contains(new Known(null));
        assertThat(rows.find(key(20))).contains(new Known(row(20)));
        assertThat(rows.find(key(10))).contains(new Known(null));
        assertThat(rows.find(key(50))).isEmpty();
        assertThat(rows.find(key(5))).isEmpty();
    }

    @Test
    void theWholeShardCanBeKnown() {
        rows.complete(rows.generation(), new RangeRead(inRange(7), OPEN, OPEN, false), true);
        assertThat(scan(OPEN, OPEN, false, 10)).contains(List.of(7));
        assertThat(scan(OPEN, OPEN, true, 10)).contains(List.of(7));
        assertThat(rows.find(key(100))).contains(new Known(null));
        assertThat(rows.find(key(1))).contains(new Known(null));
    }

    @Test
    void appliedRowsAreFoundAtOnce() {
        readRange(10, 50, true, 20, 30);
        rows.apply(change(25, null, row(99)));
        assertThat(rows.find(key(25))).contains(new Known(row(99)));
        assertThat(scan(key(10), key(50), false, 10)).contains(List.of(20, 25, 30));
        rows.apply(change(20, row(20), null));
        assertThat(scan(key(10), key(50), true, 10)).contains(List.of(30, 25));
        rows.apply(change(60, null, row(60)));
        assertThat(rows.find(key(60))).contains(new Known(row(60)));
        assertThat(scan(key(10), key(70), false, 10)).isEmpty();
    }

    @Test
    void whatIsAppliedLiesOverWhatTheDatabaseSays() {
        rows.apply(change(20, row(20), row(99)));
        rows.apply(change(25, null, row(25)));
        rows.apply(change(30, row(30), null));
        RangeRead read = new RangeRead(inRange(20, 30, 40), key(10), key(50), false);
        assertThat(numbers(rows.complete(rows.generation(), read, false))).containsExactly(20, 25, 40);
        assertThat(scan(key(10), key(50), false, 10)).isEmpty();
        assertThat(numbers(rows.complete(rows.generation(), read, true))).containsExactly(20, 25, 40);
        assertThat(scan(key(10), key(50), false, 10)).contains(List.of(20, 25, 40));
        assertThat(rows.find(key(20))).contains(new Known(row(99)));
        assertThat(rows.complete(rows.generation(), List.of(key(30), key(40)), List.of(row(30), row(40))))
                .contains(List.of(new Known(null), new Known(row(40))));
    }

    @Test
    void aReadDuringWhichAFlushEndedIsMadeAgain() {
        rows.apply(change(20, row(20), row(99)));
        long before = rows.generation();
        List<DirtyRow> flushed = rows.startFlush();
        long during = rows.generation();
        assertThat(rows.complete(before, List.of(key(20)), List.of(row(20)))).contains(List.of(new Known(row(99))));
        rows.endFlush(flushed);
        assertThat(rows.complete(during, List.of(key(20)), List.of(row(20)))).isEmpty();
        assertThat(rows.complete(during, new RangeRead(inRange(20), key(10), key(50), false), true))
                .isEmpty();
        assertThat(rows.complete(rows.generation(), List.of(key(21)), List.of(row(21))))
                .isPresent();
    }

    @Test
    void aFlushTakesEachChangeOnce() {
        rows.apply(change(20, null, row(1)));
        rows.apply(change(20, row(1), row(2)));
        rows.apply(change(30, null, null));
        List<DirtyRow> first = rows.startFlush();
        assertThat(first).extracting(DirtyRow::rowOrNull).containsExactly(row(2));
        rows.apply(change(20, row(2), row(3)));
        rows.apply(change(40, row(4), null));
        rows.endFlush(first);
        assertThat(rows.dirtyBytes()).isPositive();
        List<DirtyRow> second = rows.startFlush();
        assertThat(second).extracting(DirtyRow::rowOrNull).containsExactly(row(3), null);
        rows.endFlush(second);
        assertThat(rows.dirtyBytes()).isZero();
        assertThat(rows.startFlush()).isEmpty();
    }

    @Test
    void aFailedFlushIsMadeUpForByTheNext() {
        rows.apply(change(20, null, row(1)));
        rows.apply(change(30, null, row(1)));
        List<DirtyRow> failed = rows.startFlush();
        rows.apply(change(20, row(1), row(2)));
        rows.failFlush(failed);
        List<DirtyRow> next = rows.startFlush();
        assertThat(next).extracting(DirtyRow::rowOrNull).containsExactlyInAnyOrder(row(2), row(1));
        rows.endFlush(next);
        assertThat(rows.dirtyBytes()).isZero();
    }

    @Test
    void bytesStayWithinTheBoundAndDirtyRowsStay() {
        RowMemory small = new RowMemory(20_000);
        List<ShardRows> shards = List.of(small.addShard(), small.addShard(), small.addShard());
        ShardRows first = shards.get(0);
        first.apply(change(1, null, row(1)));
        for (int i = 0; i < 3_000; i++) {
            ShardRows shard = shards.get(i % 3);
            byte[] key = {(byte) (i >> 8), (byte) i};
            shard.complete(shard.generation(), List.of(key), List.of(row(i)));
            assertThat(small.bytes()).isBetween(0L, 20_000L);
        }
        assertThat(small.bytes()).isGreaterThan(15_000);
        assertThat(first.find(key(1))).contains(new Known(row(1)));
        assertThat(small.dirtyBytes()).isEqualTo(first.dirtyBytes()).isPositive();
        for (ShardRows shard : shards) {
            shard.clear();
            small.removeShard(shard);
        }
        assertThat(small.bytes()).isZero();
        assertThat(small.dirtyBytes()).isZero();
    }
}
