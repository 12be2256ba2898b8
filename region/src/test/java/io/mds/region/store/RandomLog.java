package io.mds.region.store;

import static io.mds.region.store.Writes.increment;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.row;

import com.google.protobuf.ByteString;
import io.mds.proto.WriteRequest;
import io.mds.region.wal.LogEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** A log without end, computed from a seed wherever it is needed: upserts, deletes, and increments with request ids. */
final class RandomLog {
    static final int KEYS = 400;

    private RandomLog() {}

    static LogEntry entry(long seed, long index) {
        Random random = new Random(seed * 31 + index);
        int number = random.nextInt(KEYS);
        WriteRequest request = switch (random.nextInt(4)) {
            case 0 -> Writes.request(Writes.upsert(key(number), row("owner", "x".repeat(random.nextInt(300)))));
            case 1 -> Writes.request(Writes.delete(key(number)), Writes.upsert(key(0), row("size", index)));
            default ->
                Writes.request(
                        1 + random.nextInt(3),
                        random.nextInt(20),
                        index,
                        Writes.update(key(number), increment("size", int64(1))));
        };
        return Writes.entry(index, request);
    }

    static void applyTo(ShardStore shard, long seed, long last) {
        while (shard.appliedIndex().value() < last) {
            List<LogEntry> batch = new ArrayList<>();
            long from = shard.appliedIndex().value() + 1;
            for (long index = from; index <= Math.min(last, from + 15); index++) {
                batch.add(entry(seed, index));
            }
            shard.apply(batch);
        }
    }

    /** The answers that encoded ones leave, each of them encoded. */
    static Set<ByteString> answers(List<ByteString> encoded) {
        RequestRecords records = new RequestRecords();
        encoded.forEach(each -> records.readAll(each.toByteArray()));
        Set<ByteString> answers = new HashSet<>();
        records.writeAll(answers::add);
        return answers;
    }
}
