package io.mds.region.snapshot;

import static io.mds.region.snapshot.SampleShard.VIEW;
import static io.mds.region.snapshot.SampleShard.checksums;
import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.id.ShardId;
import io.mds.proto.KeyRange;
import io.mds.proto.Operation;
import io.mds.proto.ShardChecksumReply;
import io.mds.proto.ShardChecksumRequest;
import io.mds.region.store.ShardStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checksums of ranges by which replicas are compared. */
class ShardChecksumsTest {
    @TempDir
    private Path directory;

    private SampleShard sample;

    @BeforeEach
    void open() {
        sample = SampleShard.in(directory);
    }

    @AfterEach
    void close() {
        sample.close();
    }

    @Test
    void aRowThatDiffersShowsInItsRangeAlone() {
        sample.fill(1_000);
        ShardStore other = sample.store().createShard(new ShardId(8), SCHEMA, VIEW);
        List<Operation> same = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            same.add(upsert(key(i), row("size", i == 555 ? -1L : (long) i)));
        }
        other.apply(List.of(entry(1, request(same.toArray(Operation[]::new)))));
        ShardChecksumReply expected = checksums(sample.shard(), 10);
        ShardChecksumReply actual = checksums(other, 10);
        assertThat(expected.getRangesCount()).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            assertThat(expected.getRanges(i).getRows()).isEqualTo(100);
            assertThat(actual.getRanges(i).getRange())
                    .isEqualTo(expected.getRanges(i).getRange());
            assertThat(actual.getRanges(i).equals(expected.getRanges(i)))
                    .as("range %d", i)
                    .isEqualTo(i != 5);
        }
        assertThat(expected.getRanges(0).getRange().getStart()).isEqualTo(ByteString.EMPTY);
        assertThat(expected.getRanges(4).getRange().getEnd())
                .isEqualTo(expected.getRanges(5).getRange().getStart())
                .isEqualTo(key(500));
        assertThat(expected.getRanges(9).getRange().getEnd()).isEqualTo(ByteString.EMPTY);
        // Looking closer.
        KeyRange suspect = expected.getRanges(5).getRange();
        ShardChecksumReply closer = ShardChecksums.of(
                other,
                ShardChecksumRequest.newBuilder().setRange(suspect).setRanges(3).build());
        assertThat(closer.getRangesList())
                .extracting(ShardChecksumReply.Range::getRows)
                .containsExactly(34L, 34L, 32L);
        assertThat(ShardChecksums.of(
                                other,
                                ShardChecksumRequest.newBuilder()
                                        .setRange(suspect)
                                        .build())
                        .getRanges(0))
                .isEqualTo(actual.getRanges(5));
    }

    @Test
    void anEmptyShardHasOneEmptyRange() {
        ShardChecksumReply empty = checksums(sample.shard(), 8);
        assertThat(empty.getRangesList()).hasSize(1);
        assertThat(empty.getRanges(0).getChecksum()).isZero();
    }
}
