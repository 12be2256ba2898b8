package io.mds.master.oplog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EntryQueueTest {
    private static OpLogReader.Read entry(long sequence) {
        return new OpLogReader.Read(new OpLogEntry(sequence, 1, "now", List.of()), 100 + sequence);
    }

    private static List<Long> drain(EntryQueue queue) {
        List<Long> taken = new ArrayList<>();
        for (OpLogReader.Read next = queue.take(); next != null; next = queue.take()) {
            taken.add(next.sequence());
        }
        return taken;
    }

    @Test
    void entriesThatComeEarlyWaitAndNothingIsSkipped() {
        EntryQueue queue = new EntryQueue(4);
        queue.offer(entry(6));
        queue.offer(entry(7));
        assertThat(drain(queue)).isEmpty();
        assertThat(queue.waiting()).isEqualTo(2);
        queue.offer(entry(5));
        assertThat(drain(queue)).containsExactly(5L, 6L, 7L);
        assertThat(queue.taken()).isEqualTo(7);
    }

    @Test
    void entriesInAnyOrderAndMoreThanOnceLeaveInOrderAndOnce() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Long> arrivals =
                new ArrayList<>(LongStream.rangeClosed(1, 300).boxed().toList());
        arrivals.addAll(LongStream.rangeClosed(1, 300).boxed().toList());
        Collections.shuffle(arrivals, random);
        EntryQueue queue = new EntryQueue(0);
        List<Long> taken = new ArrayList<>();
        for (long arrival : arrivals) {
            queue.offer(entry(arrival));
            taken.addAll(drain(queue));
        }
        assertThat(taken)
                .as("seed " + seed)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 300).boxed().toList());
        assertThat(queue.waiting()).isZero();
    }

    @Test
    void onlySoManyWaitAndThoseNeededFirstAreKept() {
        EntryQueue queue = new EntryQueue(0);
        for (long sequence = 5000; sequence >= 2; sequence--) {
            queue.offer(entry(sequence));
        }
        assertThat(queue.waiting()).isEqualTo(EntryQueue.MAX_PENDING);
        queue.offer(entry(1));
        assertThat(drain(queue))
                .containsExactlyElementsOf(LongStream.rangeClosed(1, EntryQueue.MAX_PENDING)
                        .boxed()
                        .toList());
    }
}
