package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.mds.error.MdsException;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import org.junit.jupiter.api.Test;

class WireRowTest {
    private static final TableSchema FILES = TableSchema.named("files")
            .column("dir", ColumnType.STRING)
            .column("name", ColumnType.STRING)
            .column("size", ColumnType.INT64)
            .primaryKey("dir", "name")
            .build();
    private static final KeyCodec KEYS = new KeyCodec(FILES);
    private static final RowCodec ROWS = new RowCodec(FILES);

    private static EncodedRow.Builder message(String name, long size) {
        return EncodedRow.newBuilder()
                .setKey(ByteString.copyFrom(KEYS.encode("/etc", name)))
                .setRow(ROWS.encode(column -> size))
                .setVersion(1L << 40);
    }

    private static void assertHolds(WireRow row, String name, long size) {
        assertThat(KEYS.decode(row)).containsExactly("/etc", name);
        assertThat(ROWS.decode(row)[FILES.column("size").id()]).isEqualTo(size);
        assertThat(row.columns()).isEqualTo(ROWS.encode(column -> size));
        assertThat(row.version()).isEqualTo(1L << 40);
    }

    @Test
    void aRowIsTakenApartAsItWasPutTogether() {
        ByteString encoded = WireRow.encode(KEYS.encode("/etc", "hosts"), ROWS.encode(column -> 220L), 1L << 40);
        assertThat(encoded).isEqualTo(message("hosts", 220).build().toByteString());
        assertHolds(WireRow.of(encoded), "hosts", 220);
        ByteString inAnswer =
                ByteString.copyFromUtf8("before").concat(encoded).concat(ByteString.copyFromUtf8("after"));
        ByteString slice = ByteString.copyFrom(inAnswer.toByteArray()).substring(6, 6 + encoded.size());
        assertHolds(WireRow.of(slice), "hosts", 220);
    }

    @Test
    void whatLaterVersionsAddIsSkipped() {
        UnknownFieldSet.Field field = UnknownFieldSet.Field.newBuilder()
                .addVarint(7)
                .addFixed32(8)
                .addFixed64(9)
                .addLengthDelimited(ByteString.copyFromUtf8("more"))
                .build();
        EncodedRow row = message("hosts", 220)
                .setFound(true)
                .setUnknownFields(
                        UnknownFieldSet.newBuilder().addField(99, field).build())
                .build();
        assertHolds(WireRow.of(row.toByteString()), "hosts", 220);
    }

    @Test
    void aMessageWithoutFieldsIsARowOfNothing() {
        WireRow row = WireRow.of(ByteString.EMPTY);
        assertThat(row.version()).isZero();
        assertThat(row.columns()).isEqualTo(ByteString.EMPTY);
        assertThatThrownBy(() -> KEYS.decode(row)).hasMessageContaining("not an encoded key");
    }

    @Test
    void bytesThatAreNoRowAreADefectOfWhoeverSentThem() {
        ByteString whole = message("hosts", 220).build().toByteString();
        for (ByteString bad : new ByteString[] {
            whole.substring(0, whole.size() - 1),
            whole.substring(0, 5),
            whole.concat(ByteString.copyFrom(new byte[] {0x0f})),
            ByteString.copyFrom(new byte[] {0x0a, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0f}),
            ByteString.copyFrom(new byte[] {0}),
        }) {
            assertThatThrownBy(() -> WireRow.of(bad))
                    .isInstanceOfSatisfying(
                            MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                    .hasMessageContaining(bad.size() + " bytes that are no row");
        }
    }

    @Test
    void rowsAreComparedByTheBytesOfTheirKeys() {
        WireRow hosts = WireRow.of(message("hosts", 1).build().toByteString());
        WireRow group = WireRow.of(message("group", 2).build().toByteString());
        WireRow umlaut = WireRow.of(message("\u00e4", 3).build().toByteString());
        assertThat(group.compareKey(hosts)).isNegative();
        assertThat(hosts.compareKey(group)).isPositive();
        assertThat(hosts.compareKey(umlaut)).isNegative();
        assertThat(hosts.compareKey(WireRow.of(message("hosts", 9).build().toByteString())))
                .isZero();
    }
}
