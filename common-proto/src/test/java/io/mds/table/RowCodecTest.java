package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.mds.error.MdsException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RowCodecTest {
    private static final int MAX_BYTES = 1 << 20;
    private static final TableSchema FILES = TableSchema.named("files")
            .column("name", ColumnType.STRING)
            .column("size", ColumnType.INT64)
            .nullableColumn("owner", ColumnType.STRING)
            .nullableColumn("links", ColumnType.INT32)
            .nullableColumn("hidden", ColumnType.BOOLEAN)
            .nullableColumn("extra", ColumnType.JSON)
            .nullableColumn("price", ColumnType.DECIMAL)
            .nullableColumn("id", ColumnType.UUID)
            .nullableColumn("load", ColumnType.DOUBLE)
            .primaryKey("name")
            .build();
    private static final RowCodec CODEC = new RowCodec(FILES);

    private static void assertRefused(String hex, String... messageParts) {
        ByteString bytes = ByteString.copyFrom(HexFormat.of().parseHex(hex.replace(" ", "")));
        assertThatThrownBy(() -> CODEC.validate(bytes, MAX_BYTES))
                .isInstanceOf(MdsException.class)
                .hasMessageContainingAll(messageParts);
    }

    private static Map<String, Object> row(Object... namesAndValues) {
        Map<String, Object> row = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            row.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return row;
    }

    private static ByteString encode(Object... namesAndValues) {
        Map<String, Object> row = row(namesAndValues);
        return CODEC.encode(column -> row.get(column.name()));
    }

    @Test
    void aMissingNotNullColumnIsNamed() {
        assertRefused("", "'files'", "'size'", "NOT NULL", "INT64");
        assertThatThrownBy(() -> encode("owner", "root")).hasMessageContainingAll("'files'", "'size'", "NOT NULL");
    }

    @Test
    void aWrongTypeIsNamedWithItsValue() {
        assertThatThrownBy(() -> encode("size", "many"))
                .hasMessageContainingAll("'files'", "'size'", "'many'", "INT64", "Long");
        assertRefused("12 01 61", "'size'", "not encoded as INT64");
    }

    @Test
    void aColumnGivenTwiceIsRefused() {
        assertRefused("10 02 10 04", "'size'", "twice");
    }

    @Test
    void columnsOfTheKeyAndUnknownColumnsAreRefused() {
        assertRefused("0a 01 61 10 02", "key column 'name'");
        assertRefused("10 02 f8 01 01", "column id 31");
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        assertRefused("10 02 1a 02 c3 28", "'owner'", "UTF-8");
        // A surrogate, an overlong form, and a code point above the last one.
        assertRefused("10 02 1a 03 ed a0 80", "UTF-8");
        assertRefused("10 02 1a 02 c0 80", "UTF-8");
        assertRefused("10 02 1a 04 f4 90 80 80", "UTF-8");
        assertThatThrownBy(() -> encode("size", 1, "owner", "a\ud800b"))
                .hasMessageContainingAll("'owner'", "surrogate");
    }

    @Test
    void textThatIsNotUtf8IsNotReadAsAnotherText() {
        for (String owner :
                new String[] {"1a 02 c3 28", "1a 03 ed a0 80", "1a 02 c0 80", "1a 01 ff", "1a 05 61 ef bf bd ff"}) {
            ByteString bytes = ByteString.copyFrom(HexFormat.of().parseHex(("10 02" + owner).replace(" ", "")));
            assertThatThrownBy(() -> CODEC.decode(bytes)).hasMessageContainingAll("column id 3", "UTF-8");
            assertThatThrownBy(() -> CODEC.read(bytes, FILES.column("owner"))).hasMessageContaining("UTF-8");
        }
        String marked = "the replacement character itself: \ufffd";
        assertThat(CODEC.read(encode("size", 1, "owner", marked), FILES.column("owner")))
                .isEqualTo(marked);
    }

    @Test
    void aRowIsReadFromAnyKindOfBytes() {
        ByteString row = encode("size", 7L, "owner", "r".repeat(300), "links", 2);
        Object[] expected = CODEC.decode(ByteString.copyFrom(row.toByteArray()));
        ByteString inside = ByteString.copyFromUtf8("before")
                .concat(row)
                .concat(ByteString.copyFromUtf8("after"))
                .substring(6, 6 + row.size());
        ByteString slice = ByteString.copyFrom(inside.toByteArray()).substring(0, row.size());
        ByteString cut = ByteString.copyFrom((ByteString.copyFromUtf8("before").concat(row)).toByteArray())
                .substring(6);
        ByteString pieces = row.substring(0, 150).concat(row.substring(150));
        ByteString direct = UnsafeByteOperations.unsafeWrap(
                ByteBuffer.allocateDirect(row.size()).put(row.toByteArray()).flip());
        for (ByteString same : List.of(row, inside, slice, cut, pieces, direct)) {
            assertThat(CODEC.decode(same)).isEqualTo(expected);
            CODEC.validate(same, MAX_BYTES);
        }
        // What lies behind a slice in the same array is not the row's.
        ByteString shorter = slice.substring(0, row.size() - 1);
        assertThatThrownBy(() -> CODEC.decode(shorter)).hasMessageContaining("ends after " + shorter.size() + " bytes");
    }

    @Test
    void valuesOutOfTheRangeOfTheirTypeAreRefused() {
        assertRefused("10 02 20 80 80 80 80 10", "'links'", "INT32");
        assertRefused("10 02 28 02", "'hidden'", "BOOLEAN");
        assertRefused("10 02 42 01 00", "'id'", "1 bytes", "16");
        assertRefused("10 02 49 00 00 00 00 00 00 f8 7f", "'load'", "NaN");
        assertRefused("10 02 3a 03 31 2e 78", "'price'", "'1.x'");
        assertRefused("10 02 3a 07 31 45 39 39 39 39 39", "'price'", "exponent 100000", "limits");
    }

    @Test
    void bytesThatEndTooEarlyAreRefused() {
        assertRefused("10", "'size'", "ends after 1 bytes");
        assertRefused("10 02 1a ff ff ff ff 0f 61", "'owner'", "4294967295 bytes");
        assertRefused("ff", "not an encoded row");
        assertRefused("00", "field tag of 0");
        assertRefused("10 ff ff ff ff ff ff ff ff ff ff 01", "'size'", "varint");
    }

    @Test
    void jsonThatIsNotJsonIsRefusedInTheSameWayOnBothSides() {
        for (String bad :
                new String[] {"{", "{\"a\":}", "[1,]", "nul", "'a'", "01", "1 2", "", "\ufeff1", "\u00001", "NaN"}) {
            assertThatThrownBy(() -> encode("size", 1, "extra", bad)).hasMessageContainingAll("'extra'", "not JSON");
            assertThatThrownBy(() -> CODEC.validate(withJson(bad), MAX_BYTES))
                    .isInstanceOf(MdsException.class)
                    .hasMessageContainingAll("'extra'", "not JSON");
        }
    }

    private static ByteString withJson(String json) {
        ByteWriter bytes = new ByteWriter(16);
        bytes.putVarint(0x10);
        bytes.putVarint(2);
        bytes.putVarint(0x32);
        bytes.putLengthAndUtf8(json);
        return ByteString.copyFrom(bytes.toBytes());
    }

    @Test
    void jsonMayBeDeepButNotBottomless() {
        int limit = JsonText.MAX_DEPTH;
        CODEC.validate(withJson("[".repeat(limit) + "]".repeat(limit)), MAX_BYTES);
        String deeper = "[".repeat(limit + 1) + "]".repeat(limit + 1);
        assertThatThrownBy(() -> CODEC.validate(withJson(deeper), MAX_BYTES))
                .hasMessageContainingAll("'extra'", "deeper", "200");
        String bottomless = "[".repeat(500_000);
        assertThatThrownBy(() -> CODEC.validate(withJson(bottomless), MAX_BYTES))
                .isInstanceOf(MdsException.class);
    }

    @Test
    void longJsonNumbersNamesAndTextsAreFine() {
        CODEC.validate(withJson("1".repeat(100_000)), MAX_BYTES);
        CODEC.validate(withJson("{\"" + "n".repeat(100_000) + "\": \"" + "t".repeat(100_000) + "\"}"), MAX_BYTES);
    }

    @Test
    void aRowAtTheLimitFitsAndOneByteMoreDoesNot() {
        ByteString row = encode("size", 1, "owner", "x".repeat(1_000));
        CODEC.validate(row, row.size());
        assertThatThrownBy(() -> CODEC.validate(row, row.size() - 1))
                .hasMessageContainingAll("'files'", row.size() + " bytes", "limit: " + (row.size() - 1));
    }

    @Test
    void fieldsMayComeInAnyOrder() {
        ByteString bytes = ByteString.copyFrom(HexFormat.of().parseHex("1a01611002"));
        CODEC.validate(bytes, MAX_BYTES);
        assertThat(CODEC.decode(bytes)[3]).isEqualTo("a");
    }

    @Test
    void columnsThatTheSchemaNoLongerHasAreSkipped() {
        TableSchema smaller = TableSchema.named("files")
                .column("name", ColumnType.STRING)
                .column("size", ColumnType.INT64)
                .primaryKey("name")
                .build();
        Object[] values = new RowCodec(smaller)
                .decode(encode(
                        "size", 7, "owner", "root", "load", 1.5, "links", 3, "price", new java.math.BigDecimal("1")));
        assertThat(values[2]).isEqualTo(7L);
        assertThat(values).hasSize(3);
    }

    @Test
    void aRowWithNothingButItsKeyIsEmpty() {
        TableSchema onlyKey = TableSchema.named("t")
                .column("k", ColumnType.INT64)
                .primaryKey("k")
                .build();
        ByteString row = new RowCodec(onlyKey).encode(column -> null);
        assertThat(row.isEmpty()).isTrue();
        new RowCodec(onlyKey).validate(row, 0);
    }
}
