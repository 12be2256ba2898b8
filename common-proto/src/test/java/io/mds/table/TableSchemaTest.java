package io.mds.table;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.JSON;
import static io.mds.table.ColumnType.STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.error.MdsException;
import io.mds.id.TableId;
import io.mds.proto.ErrorCode;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TableSchemaTest {
    private static final TableSchema FILES = TableSchema.named("files")
            .column("dir", STRING)
            .column("name", STRING)
            .column("size", INT64)
            .nullableColumn("owner", STRING)
            .primaryKey("dir", "name")
            .partitionBy("dir")
            .shards(8)
            .build();

    private static void assertRefused(TableSchema.Builder schema, String... messageParts) {
        assertThatThrownBy(schema::build)
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                .hasMessageContainingAll(messageParts)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(600));
    }

    private static void assertProtoRefused(Consumer<io.mds.proto.TableSchema.Builder> change, String... messageParts) {
        io.mds.proto.TableSchema.Builder proto = FILES.toProto().toBuilder();
        change.accept(proto);
        assertThatThrownBy(() -> TableSchema.fromProto(proto.build()))
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                .hasMessageContainingAll(messageParts);
    }

    @Test
    void aSchemaSaysWhatItWasBuiltWith() {
        assertThat(FILES.name()).isEqualTo("files");
        assertThat(FILES.primaryKey()).extracting(Column::name).containsExactly("dir", "name");
        assertThat(FILES.valueColumns()).extracting(Column::name).containsExactly("size", "owner");
        assertThat(FILES.partitionColumns()).isEqualTo(1);
        assertThat(FILES.shards()).isEqualTo(8);
        assertThat(FILES.replicas()).isEqualTo(3);
        assertThat(FILES.column("owner").nullable()).isTrue();
        assertThat(FILES.columnOrNull(3)).isEqualTo(FILES.column("size"));
        assertThat(FILES.columnOrNull(5)).isNull();
        assertThat(FILES.columnOrNull(-1)).isNull();
        assertThat(FILES.keyPosition(2)).isEqualTo(1);
        assertThat(FILES.keyPosition(3)).isEqualTo(-1);
        assertThat(FILES.findColumn("nope")).isEmpty();
    }

    @Test
    void aTableHasOneShardAndIsPartitionedByItsWholeKeyUnlessToldOtherwise() {
        TableSchema schema = TableSchema.named("t")
                .column("a", INT64)
                .column("b", INT64)
                .primaryKey("b", "a")
                .build();
        assertThat(schema.shards()).isEqualTo(1);
        assertThat(schema.partitionColumns()).isEqualTo(2);
    }

    @Test
    void aSchemaSurvivesTheWire() {
        TableSchema sent = FILES.withId(new TableId(7));
        TableSchema received = TableSchema.fromProto(sent.toProto());
        assertThat(received).isEqualTo(sent).hasSameHashCodeAs(sent);
        assertThat(received.tableId()).isEqualTo(7);
        assertThat(received.version()).isEqualTo(1);
        assertThat(received.toProto()).isEqualTo(sent.toProto());
    }

    @Test
    void anUnknownColumnIsAnsweredWithThoseThereAre() {
        assertThatThrownBy(() -> FILES.column("sise"))
                .hasMessage("table 'files': no column 'sise' (it has: dir, name, size, owner)");
    }

    @Test
    void badNamesAreRefused() {
        for (String bad :
                new String[] {"", "1a", "a-b", "a b", "\u00e9", "x".repeat(65), "x".repeat(1_000_000), "a\n"}) {
            assertRefused(TableSchema.named(bad).column("k", INT64).primaryKey("k"), "not a table name", "63");
            assertRefused(TableSchema.named("t").column(bad, INT64).primaryKey(bad), "'t'", "column name", "expected");
        }
        TableSchema.named("_" + "x".repeat(63))
                .column("K9", INT64)
                .primaryKey("K9")
                .build();
    }

    @Test
    void badKeysAreRefused() {
        assertRefused(TableSchema.named("t").column("a", INT64), "no primary key");
        assertRefused(TableSchema.named("t").column("a", INT64).primaryKey("b"), "'b'", "not declared");
        assertRefused(TableSchema.named("t").column("a", INT64).primaryKey("a", "a"), "'a'", "twice");
        assertRefused(TableSchema.named("t").nullableColumn("a", INT64).primaryKey("a"), "'a'", "nullable");
        assertRefused(TableSchema.named("t").column("a", JSON).primaryKey("a"), "'a'", "JSON");
        assertRefused(
                TableSchema.named("t")
                        .column("a", INT64)
                        .column("b", INT64)
                        .primaryKey("a", "b")
                        .partitionBy("b"),
                "partitionBy(b)",
                "(a, b)");
        assertRefused(
                TableSchema.named("t").column("a", INT64).primaryKey("a").partitionBy("a", "b"), "partitionBy(a, b)");
    }

    @Test
    void aColumnDeclaredTwiceIsRefused() {
        assertRefused(
                TableSchema.named("t").column("a", INT64).column("a", STRING).primaryKey("a"), "'a'", "declared twice");
    }

    @Test
    void sizesAreLimited() {
        assertRefused(TableSchema.named("t").column("k", INT64).primaryKey("k").shards(0), "shards: 0", "1 to 1024");
        assertRefused(TableSchema.named("t").column("k", INT64).primaryKey("k").shards(1_025), "shards: 1025");
        assertRefused(TableSchema.named("t").column("k", INT64).primaryKey("k").replicas(0), "replicas: 0", "1 to 7");
        assertRefused(TableSchema.named("t").column("k", INT64).primaryKey("k").replicas(8), "replicas: 8");
        TableSchema.Builder wide = TableSchema.named("t").primaryKey("c0");
        for (int i = 0; i < TableSchema.MAX_COLUMNS; i++) {
            wide.column("c" + i, INT64);
        }
        assertThat(wide.build().columns()).hasSize(256);
        assertThatThrownBy(() -> wide.build().column("none")).hasMessageContaining("and 236 more");
        assertRefused(wide.column("more", INT64), "257 columns", "1 to 256");
        String[] key = new String[17];
        TableSchema.Builder deep = TableSchema.named("t");
        for (int i = 0; i < key.length; i++) {
            key[i] = "k" + i;
            deep.column(key[i], INT64);
        }
        assertRefused(deep.primaryKey(key), "17 columns", "limit: 16");
    }

    @Test
    void hostileProtosAreRefused() {
        assertProtoRefused(proto -> proto.getColumnsBuilder(1).setId(1), "id 1", "twice");
        assertProtoRefused(proto -> proto.getColumnsBuilder(1).setId(0), "name", "id 0");
        assertProtoRefused(proto -> proto.getColumnsBuilder(1).setId(-5), "id -5");
        assertProtoRefused(proto -> proto.getColumnsBuilder(1).setId(15_001), "id 15001", "15000");
        assertProtoRefused(proto -> proto.getColumnsBuilder(1).setTypeValue(99), "'name'", "type");
        assertProtoRefused(proto -> proto.getColumnsBuilder(1).setTypeValue(0), "'name'", "type");
        assertProtoRefused(proto -> proto.addPrimaryKey(99), "99", "not a column");
        assertProtoRefused(proto -> proto.clearPrimaryKey(), "no primary key");
        assertProtoRefused(proto -> proto.setPartitionColumns(3), "partition key of 3");
        assertProtoRefused(proto -> proto.setPartitionColumns(-1), "partition key of -1");
        assertProtoRefused(proto -> proto.clearColumns(), "0 columns");
        assertProtoRefused(proto -> proto.setShards(-1), "shards: -1");
        assertProtoRefused(proto -> proto.setTableId(-1), "table id -1");
    }
}
