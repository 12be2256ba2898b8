package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.delete;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.id;
import static io.mds.region.store.Writes.increment;
import static io.mds.region.store.Writes.insert;
import static io.mds.region.store.Writes.int32;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.read;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.set;
import static io.mds.region.store.Writes.update;
import static io.mds.region.store.Writes.upsert;
import static io.mds.region.store.Writes.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.Comparator;
import io.mds.proto.Condition;
import io.mds.proto.EncodedRow;
import io.mds.proto.Error;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter;
import io.mds.proto.Operation;
import io.mds.proto.Outcome;
import io.mds.proto.ScanRequest;
import io.mds.proto.Value;
import io.mds.proto.WriteReply;
import io.mds.proto.WriteRequest;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a store does, whatever database it is on, and with and without rows in memory: reads, copies, and all the rest. */
abstract class StoreSuite extends StoreCopySuite {
    @Test
    void anInsertedRowIsReadBackWithItsVersion() {
        assertThat(get(key(1)).getFound()).isFalse();
        WriteReply reply = written(apply(insert(key(1), row("size", 5L))));
        assertThat(reply.getVersion()).isEqualTo(1);
        assertThat(reply.getExistedList()).containsExactly(false);
        EncodedRow row = get(key(1));
        assertThat(row.getFound()).isTrue();
        assertThat(row.getVersion()).isEqualTo(1);
        assertThat(row.getRow()).isEqualTo(row("size", 5L));
        assertThat(shard.rowCount()).isEqualTo(1);
    }

    @Test
    void insertOfAnExistingRowIsRefused() {
        apply(insert(key(1), row()));
        Error error = refused(apply(insert(key(1), row("size", 2L))));
        assertThat(error.getCode()).isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(error.getOutcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(error.getMessage()).contains("/d, f00001");
        assertThat(get(key(1)).getVersion()).isEqualTo(1);
    }

    @Test
    void upsertReplacesTheWholeRowAndTellsWhetherThereWasOne() {
        assertThat(written(apply(upsert(key(1), row("owner", "root")))).getExisted(0))
                .isFalse();
        assertThat(written(apply(upsert(key(1), row("size", 9L)))).getExisted(0))
                .isTrue();
        assertThat(get(key(1)).getRow()).isEqualTo(row("size", 9L));
        reopen();
        assertThat(written(apply(upsert(key(1), row()))).getExisted(0)).isTrue();
        assertThat(shard.rowCount()).isEqualTo(1);
    }

    @Test
    void updateSetsAndIncrements() {
        apply(upsert(key(1), row("size", 10L, "owner", "root")));
        apply(update(key(1), set("owner", Value.getDefaultInstance()), increment("size", int64(-3))));
        apply(update(key(1), increment("links", int32(4))));
        apply(update(
                key(1), increment("ratio", Value.newBuilder().setDouble(0.5).build())));
        apply(update(
                key(1), increment("cost", Value.newBuilder().setDecimal("1.25").build())));
        ByteString row = get(key(1)).getRow();
        assertThat(read(row, "size")).isEqualTo(7L);
        assertThat(read(row, "owner")).isNull();
        assertThat(read(row, "links")).isEqualTo(4);
        assertThat(read(row, "ratio")).isEqualTo(0.5);
        assertThat((BigDecimal) read(row, "cost")).isEqualByComparingTo("1.25");
        assertThat(get(key(1)).getVersion()).isEqualTo(5);
    }

    @Test
    void updateOfAMissingRowIsNotFound() {
        assertThat(refused(apply(update(key(1), set("size", int64(1))))).getCode())
                .isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void wrongUpdatesAreRefusedAndNameTheColumn() {
        apply(upsert(key(1), row("size", Long.MAX_VALUE, "links", Integer.MAX_VALUE, "owner", "root")));
        for (Operation wrong : List.of(
                update(key(1), increment("size", int64(1))),
                update(key(1), increment("links", int32(1))),
                update(
                        key(1),
                        increment("owner", Value.newBuilder().setString("x").build())),
                update(key(1), increment("size", Value.getDefaultInstance())),
                update(key(1), set("size", int32(1))),
                update(key(1), set("size", Value.getDefaultInstance())),
                update(key(1), set("name", Value.newBuilder().setString("x").build())))) {
            Error error = refused(apply(wrong));
            assertThat(error.getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(error.getMessage()).containsAnyOf("size", "links", "owner", "name");
        }
        assertThat(get(key(1)).getVersion()).isEqualTo(1);
    }

    @Test
    void aRowMayBeAsLargeAsTheLimitAndNoLarger() {
        int large = WriteEvaluator.MAX_ROW_BYTES - 100;
        apply(upsert(key(1), row("owner", "x".repeat(large))));
        reopen();
        assertThat(((String) read(get(key(1)).getRow(), "owner"))).hasSize(large);
        Value tooLarge = Value.newBuilder().setString("x".repeat(large + 200)).build();
        assertThat(refused(apply(update(key(1), set("owner", tooLarge)))).getMessage())
                .contains("limit: 1048576");
    }

    @Test
    void deleteRemovesTheRowAndIsFineWithoutOne() {
        apply(upsert(key(1), row()));
        assertThat(written(apply(delete(key(1)))).getExisted(0)).isTrue();
        assertThat(get(key(1)).getFound()).isFalse();
        assertThat(written(apply(delete(key(1)))).getExisted(0)).isFalse();
        assertThat(shard.rowCount()).isZero();
    }

    @Test
    void conditionsAreCheckedBeforeTheOperation() {
        apply(upsert(key(1), row("size", 5L)));
        Filter isFive = Filter.newBuilder()
                .setComparison(Filter.Comparison.newBuilder()
                        .setColumnId(id("size"))
                        .setComparator(Comparator.EQUAL)
                        .setValue(int64(5)))
                .build();
        Operation change = update(key(1), set("size", int64(6)));
        Operation other = upsert(key(2), row());
        for (Operation failing : List.of(
                when(change, Condition.newBuilder().setExists(false)),
                when(other, Condition.newBuilder().setExists(true)),
                when(change, Condition.newBuilder().setVersion(99)),
                when(other, Condition.newBuilder().setVersion(1)),
                when(other, Condition.newBuilder().setWhere(isFive)),
                when(delete(key(2)), Condition.newBuilder().setExists(true)))) {
            assertThat(refused(apply(failing)).getCode()).isEqualTo(ErrorCode.CONDITION_FAILED);
        }
        written(apply(when(
                change, Condition.newBuilder().setExists(true).setVersion(1).setWhere(isFive))));
        assertThat(refused(apply(when(change, Condition.newBuilder().setWhere(isFive))))
                        .getCode())
                .isEqualTo(ErrorCode.CONDITION_FAILED);
        written(apply(when(other, Condition.newBuilder().setExists(false))));
    }

    @Test
    void aBatchIsAppliedWholeOrNotAtAll() {
        apply(upsert(key(2), row("size", 2L)));
        Error error = refused(apply(
                upsert(key(1), row()),
                update(key(2), increment("size", int64(1))),
                delete(key(2)),
                insert(key(1), row())));
        assertThat(error.getOperation()).isEqualTo(3);
        assertThat(get(key(1)).getFound()).isFalse();
        assertThat(read(get(key(2)).getRow(), "size")).isEqualTo(2L);
        assertThat(shard.rowCount()).isEqualTo(1);
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(2));
    }

    @Test
    void operationsSeeThoseBeforeThemInTheirBatchAndInTheirTransaction() {
        WriteReply reply = written(apply(
                insert(key(1), row("size", 1L)),
                update(key(1), increment("size", int64(1))),
                delete(key(1)),
                insert(key(1), row("size", 7L))));
        assertThat(reply.getExistedList()).containsExactly(false, true, true, false);

        List<ApplyResult> results = applyAll(List.of(
                entry(2, request(update(key(1), increment("size", int64(1))))),
                entry(3, request(delete(key(1)), insert(key(1), row("size", 1L)), insert(key(1), row()))),
                entry(4, request(update(key(1), increment("size", int64(1))))),
                entry(5, request(when(delete(key(2)), Condition.newBuilder().setExists(true)))),
                entry(6, request(upsert(key(2), row()))),
                entry(
                        7,
                        request(when(
                                upsert(key(2), row("size", 3L)),
                                Condition.newBuilder().setVersion(6))))));
        refused(results.get(1));
        refused(results.get(3));
        assertThat(written(results.get(5)).getExisted(0)).isTrue();
        assertThat(read(get(key(1)).getRow(), "size")).isEqualTo(9L);
        assertThat(get(key(1)).getVersion()).isEqualTo(4);
        assertThat(get(key(2)).getVersion()).isEqualTo(7);
        assertThat(shard.rowCount()).isEqualTo(2);
    }

    @Test
    void barriersAdvanceTheAppliedIndexAndChangeNothing() {
        assertThat(applyAll(List.of(LogEntry.barrier(new ViewNumber(4), new LogIndex(1), 5))))
                .containsExactly(new ApplyResult.Done(new LogIndex(1)));
        reopen();
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(1));
        assertThat(shard.appliedView()).isEqualTo(new ViewNumber(4));
    }

    @Test
    void aGapInTheLogIsAnError() {
        assertThatThrownBy(() -> applyAll(List.of(entry(2, request(upsert(key(1), row()))))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("where 1 is next");
        written(apply(upsert(key(1), row())));
    }

    @Test
    void aWriteSentTwiceIsAppliedOnce() {
        WriteRequest increment = request(1, 0, 1, update(key(1), increment("size", int64(1))));
        apply(upsert(key(1), row("size", 0L)));
        WriteReply first = written(apply(increment));
        assertThat(first.getDuplicate()).isFalse();
        WriteReply second = written(apply(increment));
        assertThat(second).isEqualTo(first.toBuilder().setDuplicate(true).build());
        reopen();
        assertThat(written(apply(increment))).isEqualTo(second);
        assertThat(read(get(key(1)).getRow(), "size")).isEqualTo(1L);
    }

    @Test
    void aRefusalIsRememberedToo() {
        WriteRequest insert = request(1, 0, 1, insert(key(1), row()));
        apply(upsert(key(1), row()));
        Error first = refused(apply(insert));
        apply(delete(key(1)));
        reopen();
        assertThat(refused(apply(insert))).isEqualTo(first);
        assertThat(get(key(1)).getFound()).isFalse();
    }

    @Test
    void slotsAndClientsAreApart() {
        for (int client = 1; client <= 2; client++) {
            for (int slot = 0; slot < 3; slot++) {
                written(apply(request(client, slot, 1, upsert(key(1), row("size", (long) slot)))));
            }
        }
        assertThat(get(key(1)).getVersion()).isEqualTo(6);
        written(apply(request(1, 0, 2, upsert(key(1), row()))));
        Error error = refused(apply(request(1, 0, 1, upsert(key(1), row()))));
        assertThat(error.getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(get(key(1)).getVersion()).isEqualTo(7);
    }

    @Test
    void duplicatesInOneTransactionAreFound() {
        WriteRequest increment = request(1, 0, 1, update(key(1), increment("size", int64(1))));
        List<ApplyResult> results = applyAll(List.of(
                entry(1, request(upsert(key(1), row()))),
                entry(2, increment),
                entry(3, increment),
                entry(4, increment)));
        assertThat(written(results.get(3)).getDuplicate()).isTrue();
        assertThat(written(results.get(3)).getVersion()).isEqualTo(2);
        assertThat(read(get(key(1)).getRow(), "size")).isEqualTo(1L);
    }

    @Test
    void entriesAppliedBeforeAreSkippedAndAnsweredFromTheRecord() {
        LogEntry first = entry(1, request(1, 0, 1, upsert(key(1), row("size", 1L))));
        LogEntry second = entry(2, request(1, 1, 1, update(key(1), increment("size", int64(1)))));
        List<ApplyResult> results = applyAll(List.of(first, second));
        reopen();
        LogEntry third = entry(3, request(update(key(1), increment("size", int64(1)))));
        List<ApplyResult> again = applyAll(List.of(first, second, third));
        assertThat(again.subList(0, 2)).isEqualTo(results);
        assertThat(read(get(key(1)).getRow(), "size")).isEqualTo(3L);
    }

    @Test
    void theRecordOfRequestsSurvivesManyWritesAndReopenings() {
        for (int round = 1; round <= 3; round++) {
            for (int first = 0; first < 1_200; first += 10) {
                List<LogEntry> entries = new ArrayList<>();
                for (int i = first; i < first + 10; i++) {
                    entries.add(entry(
                            shard.appliedIndex().value() + 1 + i - first,
                            request(1 + i % 5, i % 40, round * 10_000L + i, upsert(key(i % 10), row()))));
                }
                applyAll(entries);
            }
            reopen();
            long last = round * 10_000L + 1_199;
            assertThat(written(apply(request(1 + 1_199 % 5, 1_199 % 40, last, delete(key(9)))))
                            .getDuplicate())
                    .isTrue();
            assertThat(get(key(9)).getFound()).isTrue();
        }
    }

    @Test
    void everythingSurvivesReopening() {
        fill(30);
        apply(delete(key(3)));
        RecordedView alone = new RecordedView(new ViewNumber(8), new ViewNumber(8));
        store.recordViews(Map.of(SHARD, alone, new ShardId(99), alone));
        store.recordPromises(Map.of(SHARD, new ViewNumber(9), new ShardId(99), new ViewNumber(9)));
        store.recordPromises(Map.of(SHARD, new ViewNumber(7)));
        assertThat(store.createShard(SHARD, SCHEMA, new ViewNumber(5)))
                .as("it exists")
                .isSameAs(shard);
        store.putMeta("identity", "one");
        store.putMeta("identity", "two");
        reopen();
        assertThat(shard.schema()).isEqualTo(SCHEMA);
        assertThat(shard.view()).isEqualTo(new RecordedView(new ViewNumber(9), new ViewNumber(8)));
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(31));
        assertThat(shard.rowCount()).isEqualTo(29);
        assertThat(keysOf(scan(ScanRequest.getDefaultInstance()))).hasSize(29);
        assertThat(store.meta("identity")).contains("two");
        assertThat(store.meta("nothing")).isEmpty();
    }

    @Test
    void shardsAreApartAndCanBeDroppedAndMadeAgain() {
        fill(10);
        ShardStore other = store.createShard(new ShardId(8), SCHEMA, new ViewNumber(1));
        assertThat(other.rowCount()).isZero();
        other.apply(List.of(entry(1, request(upsert(key(77), row())))));
        store.dropShard(SHARD);
        store.dropShard(SHARD);
        assertThat(store.shard(SHARD)).isEmpty();
        assertThatThrownBy(() -> get(key(1)))
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STALE_ROUTE));
        assertThatThrownBy(() -> apply(upsert(key(1), row()))).isInstanceOf(MdsException.class);
        shard = store.createShard(SHARD, SCHEMA, new ViewNumber(2));
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(0));
        assertThat(get(key(1)).getFound()).isFalse();
        reopen();
        assertThat(store.shards()).hasSize(2);
        assertThat(store.shard(new ShardId(8)).orElseThrow().rowCount()).isEqualTo(1);
    }

    @Test
    void aCheckpointTellsWhatIsDurable() {
        fill(12);
        assertThat(store.checkpoint()).isEqualTo(Map.of(SHARD, new LogPosition(new ViewNumber(1), new LogIndex(12))));
        assertThat(store.bytes()).isPositive();
    }
}
