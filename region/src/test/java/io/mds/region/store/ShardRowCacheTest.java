package io.mds.region.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.proto.EncodedRow;
import io.mds.region.store.RowChanges.Change;
import io.mds.region.store.ShardRowCache.Fill;
import io.mds.region.store.ShardRowCache.Known;
import io.mds.region.store.ShardRowCache.Page;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardRowCacheTest {
    private static final byte[] OPEN = {};

    private final RowCache whole = new RowCache(1 << 20);
    private final ShardRowCache cache = whole.addShard();

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

    private void fillRange(int from, int to, boolean complete, int... numbers) {
        List<byte[]> keys = new ArrayList<>();
        List<StoredRow> rows = new ArrayList<>();
        for (int number : numbers) {
            keys.add(key(number));
            rows.add(row(number));
        }
        Fill fill = cache.startFill(key(from), key(to));
        cache.endFill(fill, keys, rows, key(from), complete ? key(to) : keys.get(keys.size() - 1));
    }

    private Optional<List<Integer>> scan(byte[] start, byte[] end, boolean reverse, int limit) {
        return cache.scan(start, end, reverse, limit, 1 << 20, 1_000, (key, row) -> true)
                .map(page -> page.rows().stream()
                        .map(row -> (int) row.getKey().byteAt(0))
                        .toList());
    }

    @Test
    void aCompleteRangeAnswersScansWithinIt() {
        fillRange(10, 50, true, 20, 30, 40);
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
    void aCutPageIsKnownUpToItsLastRow() {
        fillRange(10, 50, false, 20, 30);
        assertThat(scan(key(10), key(50), false, 2)).contains(List.of(20, 30));
        assertThat(scan(key(10), key(30), false, 10)).contains(List.of(20));
        assertThat(scan(key(10), key(31), false, 10)).isEmpty();
        fillRange(31, 50, true, 40);
        assertThat(scan(key(10), key(30), true, 10)).contains(List.of(20));
        assertThat(scan(key(31), key(50), true, 10)).contains(List.of(40));
    }

    @Test
    void keysBetweenNeighboursAreKnownToHaveNoRow() {
        fillRange(10, 50, true, 20, 30);
        assertThat(cache.find(key(25))).contains(new Known(null));
        assertThat(cache.find(key(20))).contains(new Known(row(20)));
        assertThat(cache.find(key(10))).contains(new Known(null));
        assertThat(cache.find(key(50))).isEmpty();
        assertThat(cache.find(key(5))).isEmpty();
    }

    @Test
    void theWholeShardCanBeKnown() {
        Fill fill = cache.startFill(OPEN, OPEN);
        cache.endFill(fill, List.of(key(7)), List.of(row(7)), OPEN, OPEN);
        assertThat(scan(OPEN, OPEN, false, 10)).contains(List.of(7));
        assertThat(scan(OPEN, OPEN, true, 10)).contains(List.of(7));
        assertThat(cache.find(key(100))).contains(new Known(null));
        assertThat(cache.find(key(1))).contains(new Known(null));
    }

    @Test
    void aChangeIsHiddenUntilItIsPublished() {
        fillRange(10, 50, true, 20, 30);
        List<Change> insert = change(25, null, row(99));
        cache.hide(insert);
        assertThat(cache.find(key(25))).isEmpty();
        assertThat(scan(key(10), key(50), false, 10)).isEmpty();
        assertThat(scan(key(21), key(50), true, 10)).isEmpty();
        assertThat(scan(key(26), key(50), false, 10)).contains(List.of(30));
        cache.publish(insert);
        assertThat(cache.find(key(25))).contains(new Known(row(99)));
        assertThat(scan(key(10), key(50), false, 10)).contains(List.of(20, 25, 30));
        List<Change> delete = change(20, row(20), null);
        cache.hide(delete);
        cache.publish(delete);
        assertThat(scan(key(10), key(50), true, 10)).contains(List.of(30, 25));
    }

    @Test
    void aReadFromBeforeAChangeDoesNotBringTheOldRowBack() {
        Fill point = cache.startFill(List.of(key(20), key(21)));
        Fill range = cache.startFill(key(10), key(50));
        Fill elsewhere = cache.startFill(key(60), key(70));
        List<Change> update = change(20, row(20), row(99));
        cache.hide(update);
        cache.publish(update);
        cache.endFill(point, List.of(key(20), key(21)), List.of(row(20), row(21)));
        cache.endFill(range, List.of(key(20)), List.of(row(20)), key(10), key(50));
        cache.endFill(elsewhere, List.of(), List.of(), key(60), key(70));
        assertThat(cache.find(key(20))).contains(new Known(row(99)));
        assertThat(scan(key(10), key(50), false, 10)).isEmpty();
        assertThat(scan(key(60), key(70), false, 10)).contains(List.of());
    }

    @Test
    void aReadThatEndsWhileAChangeIsUnderWayLeavesItsKeyAlone() {
        List<Change> insert = change(25, null, row(99));
        Fill range = cache.startFill(key(10), key(50));
        cache.hide(insert);
        cache.endFill(range, List.of(key(20), key(30)), List.of(row(20), row(30)), key(10), key(50));
        assertThat(cache.find(key(25))).isEmpty();
        assertThat(cache.find(key(30))).contains(new Known(row(30)));
        cache.publish(insert);
        assertThat(scan(key(10), key(50), false, 10)).contains(List.of(20, 25, 30));
    }

    @Test
    void nothingIsKnownOfAChangeThatFailed() {
        fillRange(10, 50, true, 20, 30);
        List<Change> update = change(20, row(20), row(99));
        Fill fill = cache.startFill(List.of(key(20)));
        cache.hide(update);
        cache.giveUp(update);
        cache.endFill(fill, List.of(key(20)), List.of(row(20)));
        assertThat(cache.find(key(20))).isEmpty();
        assertThat(scan(key(10), key(50), false, 10)).isEmpty();
        assertThat(scan(key(30), key(50), false, 10)).contains(List.of(30));
    }

    @Test
    void bytesStayWithinTheBound() {
        RowCache small = new RowCache(20_000);
        List<ShardRowCache> shards = List.of(small.addShard(), small.addShard(), small.addShard());
        for (int i = 0; i < 3_000; i++) {
            ShardRowCache shard = shards.get(i % 3);
            byte[] key = {(byte) (i >> 8), (byte) i};
            shard.endFill(shard.startFill(List.of(key)), List.of(key), List.of(row(i)));
            assertThat(small.bytes()).isBetween(0L, 20_000L);
        }
        assertThat(small.bytes()).isGreaterThan(15_000);
        shards.forEach(small::removeShard);
        assertThat(small.bytes()).isZero();
    }

    /** The database of the next test: every state it commits replaces the one before at once. */
    private static final class Versions {
        private static final int KEYS = 24;
        final AtomicReference<TreeMap<Integer, Long>> committed = new AtomicReference<>(new TreeMap<>());
        /** Per key, the newest version that any reader has seen. A key exists at odd versions. */
        final AtomicLongArray seen = new AtomicLongArray(KEYS);

        final AtomicLongArray current = new AtomicLongArray(KEYS);

        void see(int key, long version) {
            seen.accumulateAndGet(key, version, Math::max);
        }

        /** What a reader who saw this may conclude about the version, or -1 when it must not have seen this. */
        static long conclude(Long version, long floor, long ceiling) {
            if (version != null) {
                return version >= floor && version <= ceiling ? version : -1;
            }
            long absent = floor % 2 == 0 ? floor : floor + 1;
            return absent <= ceiling ? absent : -1;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 20, 3_000})
    void noReaderEverGoesBackInTime(long maxBytes) throws InterruptedException {
        long seed = System.nanoTime();
        RowCache bounded = new RowCache(maxBytes);
        ShardRowCache shard = bounded.addShard();
        Versions versions = new Versions();
        AtomicBoolean stop = new AtomicBoolean();
        Queue<Throwable> problems = new ConcurrentLinkedQueue<>();
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Random random = new Random(seed + i);
            Thread reader = new Thread(() -> {
                try {
                    while (!stop.get()) {
                        readSomething(shard, versions, random);
                    }
                } catch (Throwable e) {
                    problems.add(e);
                }
            });
            reader.start();
            readers.add(reader);
        }
        Random random = new Random(seed - 1);
        for (int i = 0; i < 20_000 && problems.isEmpty(); i++) {
            applySomething(shard, versions, random);
        }
        stop.set(true);
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(problems).as("seed %d", seed).isEmpty();
    }

    private static void applySomething(ShardRowCache shard, Versions versions, Random random) {
        TreeMap<Integer, Long> next = new TreeMap<>(versions.committed.get());
        RowChanges changes = new RowChanges();
        changes.begin();
        for (int number :
                random.ints(1 + random.nextInt(3), 0, Versions.KEYS).distinct().toArray()) {
            long version = versions.current.get(number) + 1;
            ByteString key = ByteString.copyFrom(key(number));
            changes.load(key, key(number), version % 2 == 1 ? null : row(version - 1));
            changes.put(key, version % 2 == 1 ? row(version) : null);
            if (version % 2 == 1) {
                next.put(number, version);
            } else {
                next.remove(number);
            }
        }
        List<Change> changed = changes.changed();
        shard.hide(changed);
        pause(random);
        // A reader's ceiling is read after its row, so it must be raised before the row can be seen.
        changed.forEach(change -> versions.current.incrementAndGet(change.key()[0]));
        versions.committed.set(next);
        pause(random);
        shard.publish(changed);
        // Answered: from now on everybody sees it.
        changed.forEach(change -> versions.see(change.key()[0], versions.current.get(change.key()[0])));
    }

    private static void pause(Random random) {
        if (random.nextInt(4) == 0) {
            LockSupport.parkNanos(1_000);
        }
    }

    private static void readSomething(ShardRowCache shard, Versions versions, Random random) {
        int from = random.nextInt(Versions.KEYS);
        int to = from + 1 + random.nextInt(Versions.KEYS - from);
        long[] floors = new long[Versions.KEYS];
        for (int i = from; i < to; i++) {
            floors[i] = versions.seen.get(i);
        }
        boolean single = random.nextBoolean();
        SortedMap<Integer, Long> found =
                single ? readOne(shard, versions, from, random) : readRange(shard, versions, from, to, random);
        for (int i = from; i < (single ? from + 1 : to); i++) {
            long version = Versions.conclude(found.get(i), floors[i], versions.current.get(i));
            assertThat(version)
                    .as("key %d: read %s after %d was seen", i, found.get(i), floors[i])
                    .isNotNegative();
            versions.see(i, version);
        }
    }

    private static SortedMap<Integer, Long> readOne(ShardRowCache shard, Versions versions, int number, Random random) {
        SortedMap<Integer, Long> found = new TreeMap<>();
        Optional<Known> known = shard.find(key(number));
        if (known.isPresent()) {
            if (known.get().rowOrNull() != null) {
                found.put(number, known.get().rowOrNull().version());
            }
            return found;
        }
        List<byte[]> keys = List.of(key(number));
        Fill fill = shard.startFill(keys);
        pause(random);
        Long version = versions.committed.get().get(number);
        pause(random);
        List<StoredRow> rows = new ArrayList<>();
        rows.add(version == null ? null : row(version));
        shard.endFill(fill, keys, rows);
        if (version != null) {
            found.put(number, version);
        }
        return found;
    }

    private static SortedMap<Integer, Long> readRange(
            ShardRowCache shard, Versions versions, int from, int to, Random random) {
        boolean reverse = random.nextBoolean();
        Optional<Page> page = shard.scan(key(from), key(to), reverse, 1_000, 1 << 20, 1_000, (key, row) -> true);
        if (page.isPresent()) {
            SortedMap<Integer, Long> found = new TreeMap<>();
            for (EncodedRow row : page.get().rows()) {
                found.put((int) row.getKey().byteAt(0), row.getVersion());
            }
            return found;
        }
        Fill fill = shard.startFill(key(from), key(to));
        pause(random);
        SortedMap<Integer, Long> found = versions.committed.get().subMap(from, to);
        pause(random);
        List<byte[]> keys = new ArrayList<>();
        List<StoredRow> rows = new ArrayList<>();
        for (Map.Entry<Integer, Long> row : found.entrySet()) {
            keys.add(key(row.getKey()));
            rows.add(row(row.getValue()));
        }
        shard.endFill(fill, keys, rows, key(from), key(to));
        return found;
    }
}
