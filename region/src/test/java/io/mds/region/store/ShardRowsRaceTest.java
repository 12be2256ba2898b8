package io.mds.region.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.proto.EncodedRow;
import io.mds.region.store.RowChanges.Change;
import io.mds.region.store.ShardRows.DirtyRow;
import io.mds.region.store.ShardRows.Known;
import io.mds.region.store.ShardRows.Page;
import java.util.ArrayList;
import java.util.List;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers, an applying thread and a flushing thread on the rows of one shard at the same time. */
class ShardRowsRaceTest {
    private static byte[] key(int number) {
        return new byte[] {(byte) number};
    }

    private static StoredRow row(long version) {
        return new StoredRow(version, ByteString.copyFromUtf8("row " + version));
    }

    /** The database, and what is known of the rows' versions. */
    private static final class Versions {
        private static final int KEYS = 24;
        /** What flushes have brought to the database. */
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
        RowMemory bounded = new RowMemory(maxBytes);
        ShardRows shard = bounded.addShard();
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
        Random flushing = new Random(seed - 2);
        Thread flusher = new Thread(() -> {
            while (!stop.get()) {
                flush(shard, versions, flushing);
            }
        });
        flusher.start();
        Random random = new Random(seed - 1);
        for (int i = 0; i < 8_000 && problems.isEmpty(); i++) {
            applySomething(shard, versions, random);
        }
        stop.set(true);
        flusher.join();
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(problems).as("seed %d", seed).isEmpty();
    }

    private static void applySomething(ShardRows shard, Versions versions, Random random) {
        RowChanges changes = new RowChanges();
        changes.begin();
        for (int number :
                random.ints(1 + random.nextInt(3), 0, Versions.KEYS).distinct().toArray()) {
            long version = versions.current.get(number) + 1;
            ByteString key = ByteString.copyFrom(key(number));
            changes.load(key, key(number), version % 2 == 1 ? null : row(version - 1));
            changes.put(key, version % 2 == 1 ? row(version) : null);
        }
        List<Change> changed = changes.changed();
        pause(random);
        // A reader's ceiling is read after its row, so it must be raised before the row can be seen.
        changed.forEach(change -> versions.current.incrementAndGet(change.key()[0]));
        shard.apply(changed);
        // Answered: from now on everybody sees it.
        changed.forEach(change -> versions.see(change.key()[0], versions.current.get(change.key()[0])));
        pause(random);
    }

    private static void flush(ShardRows shard, Versions versions, Random random) {
        List<DirtyRow> dirty = shard.startFlush();
        TreeMap<Integer, Long> next = new TreeMap<>(versions.committed.get());
        for (DirtyRow row : dirty) {
            if (row.rowOrNull() == null) {
                next.remove((int) row.key()[0]);
            } else {
                next.put((int) row.key()[0], row.rowOrNull().version());
            }
        }
        pause(random);
        boolean commits = random.nextInt(5) > 0;
        if (commits || random.nextBoolean()) {
            versions.committed.set(next);
        }
        pause(random);
        if (commits) {
            shard.endFlush(dirty);
        } else {
            shard.failFlush(dirty);
        }
        pause(random);
    }

    private static void pause(Random random) {
        if (random.nextInt(4) == 0) {
            LockSupport.parkNanos(1_000);
        }
    }

    private static void readSomething(ShardRows shard, Versions versions, Random random) {
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

    private static SortedMap<Integer, Long> readOne(ShardRows shard, Versions versions, int number, Random random) {
        SortedMap<Integer, Long> found = new TreeMap<>();
        Optional<Known> known = shard.find(key(number));
        if (known.isPresent()) {
            if (known.get().rowOrNull() != null) {
                found.put(number, known.get().rowOrNull().version());
            }
            return found;
        }
        List<byte[]> keys = List.of(key(number));
        while (true) {
            long generation = shard.generation();
            pause(random);
            Long version = versions.committed.get().get(number);
            pause(random);
            List<StoredRow> read = new ArrayList<>();
            read.add(version == null ? null : row(version));
            Optional<List<Known>> completed = shard.complete(generation, keys, read);
            if (completed.isPresent()) {
                StoredRow row = completed.get().get(0).rowOrNull();
                if (row != null) {
                    found.put(number, row.version());
                }
                return found;
            }
        }
    }

    private static SortedMap<Integer, Long> readRange(
            ShardRows shard, Versions versions, int from, int to, Random random) {
        boolean reverse = random.nextBoolean();
        Optional<Page> page = shard.scan(
                key(from), key(to), reverse, new PageCollector(1_000, 1 << 20, 1_000, (key, row) -> true, null));
        if (page.isPresent()) {
            SortedMap<Integer, Long> found = new TreeMap<>();
            for (ByteString each : page.get().rows()) {
                EncodedRow row = Copies.row(each);
                found.put((int) row.getKey().byteAt(0), row.getVersion());
            }
            return found;
        }
        while (true) {
            long generation = shard.generation();
            pause(random);
            SortedMap<Integer, Long> stored = versions.committed.get().subMap(from, to);
            pause(random);
            List<RowInRange> read = new ArrayList<>();
            stored.forEach((number, version) -> read.add(new RowInRange(key(number), row(version))));
            Optional<List<RowInRange>> completed =
                    shard.complete(generation, new RangeRead(read, key(from), key(to), false), random.nextInt(3) > 0);
            if (completed.isPresent()) {
                SortedMap<Integer, Long> found = new TreeMap<>();
                completed
                        .get()
                        .forEach(row -> found.put((int) row.key()[0], row.row().version()));
                return found;
            }
        }
    }
}
