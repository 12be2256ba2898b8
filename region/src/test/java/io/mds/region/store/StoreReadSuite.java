package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.id;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.upsert;
import static io.mds.region.store.Writes.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.Comparator;
import io.mds.proto.Condition;
import io.mds.proto.CountReply;
import io.mds.proto.CountRequest;
import io.mds.proto.EncodedRow;
import io.mds.proto.Error;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.KeyRange;
import io.mds.proto.Operation;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.proto.WriteReply;
import io.mds.proto.WriteRequest;
import io.mds.region.wal.LogEntry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a store reads back, whatever database it is on, and with and without rows in memory. */
abstract class StoreReadSuite {
    static final ShardId SHARD = new ShardId(7);
    static final PageLimits LIMITS = PageLimits.defaults();

    Store store;
    ShardStore shard;

    /** The settings of the test's database, the same at every call. */
    abstract StoreSettings settings();

    /** Whether every write is brought to the database at once, so that reads meet it there. */
    boolean flushesAlways() {
        return false;
    }

    @BeforeEach
    void open() {
        store = Store.open(settings(), new SimpleMeterRegistry());
        shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
    }

    @AfterEach
    void close() {
        store.close();
    }

    void reopen() {
        store.close();
        store = Store.open(settings(), new SimpleMeterRegistry());
        shard = store.shard(SHARD).orElseThrow();
    }

    ApplyResult apply(Operation... operations) {
        return apply(request(operations));
    }

    ApplyResult apply(WriteRequest request) {
        return applyAll(List.of(entry(shard.appliedIndex().value() + 1, request)))
                .get(0);
    }

    List<ApplyResult> applyAll(List<LogEntry> entries) {
        List<ApplyResult> results = shard.apply(entries);
        if (flushesAlways()) {
            store.checkpoint();
        }
        return results;
    }

    static WriteReply written(ApplyResult result) {
        assertThat(result).isInstanceOf(ApplyResult.Written.class);
        return ((ApplyResult.Written) result).reply();
    }

    static Error refused(ApplyResult result) {
        assertThat(result).isInstanceOf(ApplyResult.Refused.class);
        Error error = ((ApplyResult.Refused) result).error();
        assertThat(error.getMessage()).isNotBlank().doesNotContain("\n");
        return error;
    }

    EncodedRow get(ByteString key) {
        GetRequest request = GetRequest.newBuilder().addKeys(key).build();
        GetReply reply = shard.get(request);
        shard.getIfCached(request).ifPresent(cached -> assertThat(cached).isEqualTo(reply));
        return reply.getRows(0);
    }

    ScanReply scan(ScanRequest request) {
        ScanReply reply = shard.scan(request, LIMITS);
        shard.scanIfCached(request, LIMITS)
                .ifPresent(cached -> assertThat(cached).isEqualTo(reply));
        assertThat(shard.scan(request, LIMITS)).isEqualTo(reply);
        return reply;
    }

    void fill(int rows) {
        List<LogEntry> entries = new ArrayList<>();
        long index = shard.appliedIndex().value();
        for (int i = 0; i < rows; i++) {
            entries.add(entry(++index, request(upsert(key(i), row("size", (long) i)))));
        }
        applyAll(entries);
    }

    private static List<ByteString> keys(int... numbers) {
        List<ByteString> keys = new ArrayList<>();
        for (int number : numbers) {
            keys.add(key(number));
        }
        return keys;
    }

    static List<ByteString> keysOf(ScanReply reply) {
        return Copies.rows(reply).stream().map(EncodedRow::getKey).toList();
    }

    @Test
    void scansAreOrderedAndRanged() {
        fill(50);
        assertThat(keysOf(scan(ScanRequest.getDefaultInstance())))
                .hasSize(50)
                .isSortedAccordingTo(ByteString.unsignedLexicographicalComparator());
        KeyRange range = KeyRange.newBuilder().setStart(key(10)).setEnd(key(13)).build();
        ScanReply up = scan(ScanRequest.newBuilder().setRange(range).build());
        assertThat(keysOf(up)).isEqualTo(keys(10, 11, 12));
        assertThat(up.hasRemaining()).isFalse();
        ScanReply down =
                scan(ScanRequest.newBuilder().setRange(range).setReverse(true).build());
        assertThat(keysOf(down)).isEqualTo(keys(12, 11, 10));
        assertThat(scan(ScanRequest.newBuilder()
                                .setRange(range.toBuilder().setEnd(key(10)))
                                .build())
                        .getRowsCount())
                .isZero();
        EncodedRow first = Copies.row(up.getRows(0));
        assertThat(first.getVersion()).isEqualTo(11);
        assertThat(first.getRow()).isEqualTo(row("size", 10L));
    }

    @Test
    void bytesAreOrderedUnsigned() {
        ByteString low = ByteString.copyFrom(new byte[] {0x01});
        ByteString middle = ByteString.copyFrom(new byte[] {0x7F, 0x00});
        ByteString high = ByteString.copyFrom(new byte[] {(byte) 0x80});
        ByteString top = ByteString.copyFrom(new byte[] {(byte) 0xFF});
        apply(upsert(top, row()), upsert(low, row()), upsert(high, row()), upsert(middle, row()));
        reopen();
        assertThat(keysOf(scan(ScanRequest.getDefaultInstance()))).containsExactly(low, middle, high, top);
    }

    @Test
    void pagesOfAScanJoinWithoutLossOrRepetition() {
        fill(200);
        for (boolean reverse : new boolean[] {false, true}) {
            List<ByteString> seen = new ArrayList<>();
            ScanRequest request = ScanRequest.newBuilder()
                    .setReverse(reverse)
                    .setLimit(7)
                    .setRange(KeyRange.newBuilder().setStart(key(3)).setEnd(key(190)))
                    .build();
            while (true) {
                ScanReply page = scan(request);
                assertThat(page.getRowsCount()).isLessThanOrEqualTo(7);
                seen.addAll(keysOf(page));
                if (!page.hasRemaining()) {
                    break;
                }
                request = request.toBuilder().setRange(page.getRemaining()).build();
            }
            List<ByteString> wanted = new ArrayList<>();
            for (int i = 3; i < 190; i++) {
                wanted.add(key(reverse ? 192 - i : i));
            }
            assertThat(seen).isEqualTo(wanted);
        }
    }

    @Test
    void pagesAreCutBySizeAndByTime() {
        fill(100);
        ScanReply bySize =
                shard.scan(ScanRequest.getDefaultInstance(), new PageLimits(1_000, 100, Duration.ofMinutes(1)));
        assertThat(bySize.getRowsCount()).isBetween(1, 20);
        assertThat(bySize.hasRemaining()).isTrue();
        reopen();
        fill(3_000);
        Filter none = Filter.newBuilder()
                .setIsNull(Filter.IsNull.newBuilder().setColumnId(id("size")))
                .build();
        ScanReply byTime = shard.scan(
                ScanRequest.newBuilder().setFilter(none).build(), new PageLimits(1_000, 1_000, Duration.ofNanos(1)));
        assertThat(byTime.getRowsCount()).isZero();
        assertThat(byTime.hasRemaining()).isTrue();
    }

    @Test
    void filtersAndProjectionsApplyToScansGetsAndCounts() {
        fill(100);
        Filter large = Filter.newBuilder()
                .setComparison(Filter.Comparison.newBuilder()
                        .setColumnId(id("size"))
                        .setComparator(Comparator.GREATER_OR_EQUAL)
                        .setValue(int64(90)))
                .build();
        ScanReply reply = scan(ScanRequest.newBuilder()
                .setFilter(large)
                .addColumns(id("owner"))
                .setLimit(4)
                .build());
        assertThat(keysOf(reply)).isEqualTo(keys(90, 91, 92, 93));
        assertThat(Copies.row(reply.getRows(0)).getRow()).isEqualTo(ByteString.EMPTY);
        assertThat(shard.get(GetRequest.newBuilder()
                                .addKeys(key(5))
                                .addColumns(id("owner"))
                                .build())
                        .getRows(0)
                        .getRow())
                .isEqualTo(ByteString.EMPTY);
        CountReply counted =
                shard.count(CountRequest.newBuilder().setFilter(large).build(), LIMITS);
        assertThat(counted.getRows()).isEqualTo(10);
        assertThat(counted.hasRemaining()).isFalse();
    }

    @Test
    void countsCoverRangesAndPages() {
        fill(100);
        assertThat(shard.count(CountRequest.getDefaultInstance(), LIMITS).getRows())
                .isEqualTo(100);
        KeyRange range = KeyRange.newBuilder().setStart(key(10)).setEnd(key(60)).build();
        assertThat(shard.count(CountRequest.newBuilder().setRange(range).build(), LIMITS)
                        .getRows())
                .isEqualTo(50);
        long total = 0;
        CountRequest request = CountRequest.newBuilder()
                .setRange(range)
                .setFilter(Filter.newBuilder()
                        .setNot(Filter.newBuilder()
                                .setIsNull(Filter.IsNull.newBuilder().setColumnId(id("size")))))
                .build();
        PageLimits hasty = new PageLimits(1_000, 100, Duration.ofNanos(1));
        for (CountReply page = shard.count(request, hasty); ; page = shard.count(request, hasty)) {
            total += page.getRows();
            if (!page.hasRemaining()) {
                break;
            }
            request = request.toBuilder().setRange(page.getRemaining()).build();
        }
        assertThat(total).isEqualTo(50);
    }

    @Test
    void getsAnswerInTheOrderOfTheKeysAskedFor() {
        fill(10);
        GetReply reply =
                shard.get(GetRequest.newBuilder().addAllKeys(keys(5, 100, 2, 5)).build());
        assertThat(reply.getRowsList()).extracting(EncodedRow::getFound).containsExactly(true, false, true, true);
        assertThat(reply.getRowsList()).extracting(EncodedRow::getVersion).containsExactly(6L, 0L, 3L, 6L);
    }

    @Test
    void aWrongFilterIsTheCallersFault() {
        Filter wrong = Filter.newBuilder()
                .setIsNull(Filter.IsNull.newBuilder().setColumnId(99))
                .build();
        assertThatThrownBy(() ->
                        shard.scan(ScanRequest.newBuilder().setFilter(wrong).build(), LIMITS))
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
        Error error =
                refused(apply(when(upsert(key(1), row()), Condition.newBuilder().setWhere(wrong))));
        assertThat(error.getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
}
