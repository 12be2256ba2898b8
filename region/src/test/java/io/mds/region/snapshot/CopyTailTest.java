package io.mds.region.snapshot;

import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.LogIndex;
import io.mds.proto.ReplicatedEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered of a shard's log while a copy of it is pulled. */
class CopyTailTest {
    @TempDir
    private Path directory;

    private SampleShard sample;
    private CopyTail tail;

    @BeforeEach
    void open() {
        sample = SampleShard.in(directory.resolve("store"));
        tail = CopyTail.of(sample.shard(), directory.resolve("copies"));
    }

    @AfterEach
    void close() {
        tail.close();
        sample.close();
    }

    private void write(int times, int bytes) {
        for (int i = 0; i < times; i++) {
            long index = sample.shard().appliedIndex().value() + 1;
            sample.shard().apply(List.of(entry(index, request(upsert(key(1), row("owner", "x".repeat(bytes)))))));
        }
    }

    private List<Long> takeAll(long after, int maxBytes) {
        List<Long> indexes = new ArrayList<>();
        for (List<ReplicatedEntry> page = tail.take(new LogIndex(after), maxBytes);
                !page.isEmpty();
                page = tail.take(new LogIndex(after), maxBytes)) {
            page.forEach(each -> indexes.add(each.getIndex()));
        }
        return indexes;
    }

    @Test
    void muchGoesThroughAFileInOrderAndNothingBeforeTheCopyIsGiven() throws IOException {
        List<Long> taken = new ArrayList<>();
        for (int round = 0; round < 40; round++) {
            write(10, 100_000);
            tail.spill();
            if (round == 20) {
                taken.addAll(takeAll(5, 300_000));
            }
        }
        taken.addAll(takeAll(5, 300_000));
        assertThat(tail.lost()).isNull();
        assertThat(taken).isEqualTo(LongStream.rangeClosed(6, 400).boxed().toList());
        assertThat(takeAll(5, 300_000)).isEmpty();
        write(1, 10);
        assertThat(takeAll(5, 300_000)).containsExactly(401L);
        try (Stream<Path> files = Files.list(directory.resolve("copies"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void moreThanMemoryHoldsWithoutBeingSpilledIsLost() {
        write(8, 900_000);
        assertThat(tail.lost()).isNull();
        write(2, 900_000);
        assertThat(tail.lost()).contains("kept in memory");
        assertThat(takeAll(0, 1 << 20)).isEmpty();
    }

    @Test
    void theTailEndsWithItsShard() {
        write(1, 10);
        sample.store().dropShard(SampleShard.SHARD);
        assertThat(tail.lost()).contains("dropped");
    }
}
