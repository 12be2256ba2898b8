package io.mds.region.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.proto.RequestId;
import io.mds.proto.WriteReply;
import io.mds.region.store.RequestRecords.Recorded;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RequestRecordsTest {
    private static RequestId id(int client, int slot) {
        byte[] bytes = new byte[16];
        bytes[0] = (byte) client;
        return RequestId.newBuilder()
                .setClientId(ByteString.copyFrom(bytes))
                .setSlot(slot)
                .build();
    }

    private static Recorded recorded(long sequence, long timestamp) {
        WriteReply reply = WriteReply.newBuilder().setVersion(sequence).build();
        return Recorded.of(sequence, timestamp, new ApplyResult.Written(new LogIndex(1), reply));
    }

    private static byte[] encoded(RequestRecords records) {
        ByteString[] all = {ByteString.EMPTY};
        records.writeAll(record -> all[0] = all[0].concat(record));
        return all[0].toByteArray();
    }

    @Test
    void slotsUnusedForTheRetentionGoWhenALaterWriteComes() {
        RequestRecords records = new RequestRecords();
        records.put(id(1, 0), recorded(1, 1_000));
        records.put(id(1, 1), recorded(1, 2_000));
        records.put(id(1, 2), recorded(1, 1_000 + RequestRecords.RETENTION_MILLIS));
        assertThat(records.size()).isEqualTo(3);
        records.put(id(1, 3), recorded(1, 1_001 + RequestRecords.RETENTION_MILLIS));
        assertThat(records.find(id(1, 0))).isEmpty();
        assertThat(records.find(id(1, 1))).isPresent();
    }

    @Test
    void aSlotThatIsUsedAgainStays() {
        RequestRecords records = new RequestRecords();
        records.put(id(1, 0), recorded(1, 1_000));
        records.put(id(1, 0), recorded(2, 1_000 + RequestRecords.RETENTION_MILLIS));
        records.put(id(1, 1), recorded(1, 1_500 + RequestRecords.RETENTION_MILLIS));
        assertThat(records.find(id(1, 0))).get().extracting(Recorded::sequence).isEqualTo(2L);
    }

    @Test
    void thereAreNeverMoreThanTheLimit() {
        RequestRecords records = new RequestRecords();
        for (int slot = 0; slot < RequestRecords.MAX_SLOTS + 10; slot++) {
            records.put(id(1, slot), recorded(1, 1_000));
        }
        assertThat(records.size()).isEqualTo(RequestRecords.MAX_SLOTS);
        assertThat(records.find(id(1, 9))).isEmpty();
        assertThat(records.find(id(1, 10))).isPresent();
    }

    @Test
    void readingBackGivesTheSameRecordsAlsoAfterMoreOfThem() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        RequestRecords original = new RequestRecords();
        List<ByteString> journal = new ArrayList<>();
        RequestRecords restored = new RequestRecords();
        for (int i = 0; i < 5_000; i++) {
            RequestId id = id(random.nextInt(5), random.nextInt(50));
            Recorded record = recorded(i, i * (RequestRecords.RETENTION_MILLIS / 200));
            original.put(id, record);
            journal.add(RequestRecords.encode(id, record));
            if (random.nextInt(500) == 0) {
                // The journal begins anew with a state of everything.
                journal.clear();
                journal.add(ByteString.copyFrom(encoded(original)));
            }
        }
        journal.forEach(part -> restored.readAll(part.toByteArray()));
        assertThat(encoded(restored)).as("seed %d", seed).isEqualTo(encoded(original));
        assertThat(restored.bytes()).isEqualTo(original.bytes());
    }
}
