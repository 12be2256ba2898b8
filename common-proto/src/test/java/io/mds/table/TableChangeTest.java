package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TableChangeTest {
    private static final TableSchema FILES = TableSchema.named("files")
            .column("dir", ColumnType.STRING)
            .column("name", ColumnType.STRING)
            .column("size", ColumnType.INT64)
            .nullableColumn("owner", ColumnType.STRING)
            .primaryKey("dir", "name")
            .build();

    private static ByteString encode(TableSchema schema, Map<String, Object> row) {
        return new RowCodec(schema).encode(column -> row.get(column.name()));
    }

    private static Object read(TableSchema schema, ByteString row, String column) {
        return new RowCodec(schema).read(row, schema.column(column));
    }

    private static void assertRefused(TableChange change, String reason) {
        assertThatThrownBy(() -> FILES.alter(List.of(change)))
                .isInstanceOf(MdsException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void eachAlterIsOneVersionWhateverItChanges() {
        TableSchema altered = FILES.alter(List.of(
                TableChange.addNullableColumn("mode", ColumnType.INT32),
                TableChange.addColumn("kind", ColumnType.STRING, "file"),
                TableChange.renameColumn("owner", "user"),
                TableChange.dropColumn("size")));
        assertThat(altered.version()).isEqualTo(2);
        assertThat(altered.columns()).extracting(Column::name).containsExactly("dir", "name", "user", "mode", "kind");
        assertThat(altered.column("user").id()).isEqualTo(4);
        assertThat(TableSchema.fromProto(altered.toProto()).toProto()).isEqualTo(altered.toProto());
    }

    @Test
    void idsOfWhatWentAreNotGivenAgain() {
        TableSchema without = TableSchema.fromProto(
                FILES.alter(List.of(TableChange.addNullableColumn("a", ColumnType.INT32), TableChange.dropColumn("a")))
                        .withIndex("i", List.of("size"))
                        .withoutIndex("i")
                        .toProto());
        TableSchema again = without.alter(List.of(TableChange.addNullableColumn("a", ColumnType.STRING)))
                .withIndex("i", List.of("owner"));
        assertThat(again.column("a").id()).isEqualTo(6);
        assertThat(again.indexes()).containsExactly(new Index(2, "i", List.of(4)));
    }

    @Test
    void rowsOfAnyAgeAreReadByEverySchema() {
        TableSchema newer = FILES.alter(List.of(
                TableChange.addColumn("kind", ColumnType.STRING, "file"),
                TableChange.addNullableColumn("mode", ColumnType.INT32),
                TableChange.dropColumn("owner")));
        ByteString old = encode(FILES, Map.of("size", 5L, "owner", "root"));
        assertThat(read(newer, old, "kind")).isEqualTo("file");
        assertThat(read(newer, old, "mode")).isNull();
        assertThat(new RowCodec(newer).decode(old)[newer.column("kind").id()]).isEqualTo("file");
        ByteString young = encode(newer, Map.of("size", 6L, "mode", 7));
        new RowCodec(newer).validate(young, 1_000);
        assertThat(read(newer, young, "kind")).isEqualTo("file");
        assertThat(read(FILES, young, "size")).isEqualTo(6L);
        assertThat(read(FILES, young, "owner")).isNull();
        assertThat(read(newer, encode(newer, Map.of("size", 6L, "kind", "dir")), "kind"))
                .isEqualTo("dir");
    }

    @Test
    void whatCannotBeChangedIsRefusedWithTheReason() {
        assertRefused(TableChange.addNullableColumn("size", ColumnType.INT32), "exists already");
        assertRefused(TableChange.addColumn("mode", ColumnType.INT32, "x"), "expected: INT32");
        assertRefused(TableChange.addColumn("hash", ColumnType.BYTES, new byte[1]), "none of type BYTES");
        assertRefused(
                new TableChange.AddColumn("mode", ColumnType.INT32, false, java.util.Optional.empty()),
                "must be nullable or have a default");
        assertRefused(TableChange.renameColumn("nothing", "x"), "it has: dir, name, size, owner");
        assertRefused(TableChange.renameColumn("size", "owner"), "exists already");
        assertRefused(TableChange.renameColumn("size", "no good"), "column name");
        assertRefused(TableChange.dropColumn("name"), "in the primary key");
        TableSchema indexed = FILES.withIndex("by_owner", List.of("owner"));
        assertThatThrownBy(() -> indexed.alter(List.of(TableChange.dropColumn("owner"))))
                .hasMessageContaining("drop the index first");
        assertThatThrownBy(() -> indexed.withIndex("other", List.of("owner"))).hasMessageContaining("already");
        assertThatThrownBy(() -> FILES.withIndex("i", List.of())).hasMessageContaining("0 columns");
    }

    @Test
    void changesTravel() {
        for (TableChange change : List.of(
                TableChange.addNullableColumn("mode", ColumnType.INT32),
                TableChange.addColumn("kind", ColumnType.STRING, "file"),
                TableChange.renameColumn("a", "b"),
                TableChange.dropColumn("a"))) {
            assertThat(TableChange.fromProto(change.toProto())).isEqualTo(change);
        }
        assertThatThrownBy(() -> TableChange.fromProto(io.mds.proto.TableChange.getDefaultInstance()))
                .isInstanceOf(MdsException.class);
    }
}
