package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RowCodecPropertyTest {
    private static final int MAX_BYTES = 1 << 20;
    private static final TableSchema SCHEMA = TestingValues.everyType();
    private static final RowCodec CODEC = new RowCodec(SCHEMA);

    @Provide
    Arbitrary<List<Object>> rows() {
        return TestingValues.rowFor(SCHEMA);
    }

    @Provide
    Arbitrary<List<Mutation>> mutations() {
        return Mutation.some();
    }

    private static Function<Column, Object> valuesOf(List<Object> row) {
        return column -> row.get(SCHEMA.valueColumns().indexOf(column));
    }

    @Property
    void rowsAreReadBackAsTheyWereWritten(@ForAll("rows") List<Object> row) {
        ByteString encoded = CODEC.encode(valuesOf(row));
        Object[] decoded = CODEC.decode(encoded);
        for (Column column : SCHEMA.valueColumns()) {
            Object written = valuesOf(row).apply(column);
            assertSame(column, written, decoded[column.id()]);
            assertSame(column, written, CODEC.read(encoded, column));
        }
        assertThat(CODEC.encode(column -> decoded[column.id()])).isEqualTo(encoded);
    }

    private static void assertSame(Column column, Object written, Object read) {
        if (written == null) {
            assertThat(read).isNull();
        } else {
            // Not Values.equal: a DECIMAL keeps its scale, JSON its spaces.
            assertThat(read).isEqualTo(column.type().normalize(written));
        }
    }

    @Property
    void whatEncodeMakesIsValid(@ForAll("rows") List<Object> row) {
        CODEC.validate(CODEC.encode(valuesOf(row)), MAX_BYTES);
    }

    @Property
    void randomBytesAreRefusedOrReadable(@ForAll byte[] bytes) {
        assertRefusedOrReadable(ByteString.copyFrom(bytes));
    }

    @Property(tries = 5_000)
    void mutatedRowsAreRefusedOrReadable(
            @ForAll("rows") List<Object> row, @ForAll("mutations") List<Mutation> mutations) {
        byte[] bytes = CODEC.encode(valuesOf(row)).toByteArray();
        assertRefusedOrReadable(ByteString.copyFrom(Mutation.apply(mutations, bytes)));
    }

    private static void assertRefusedOrReadable(ByteString bytes) {
        try {
            CODEC.validate(bytes, MAX_BYTES);
        } catch (MdsException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertReadersThrowNothingElse(bytes);
            return;
        }
        Object[] values = CODEC.decode(bytes);
        for (Column column : SCHEMA.valueColumns()) {
            Object value = values[column.id()];
            assertThat(value == null ? column.nullable() : column.type().accepts(value))
                    .isTrue();
        }
    }

    private static void assertReadersThrowNothingElse(ByteString bytes) {
        BitSet some = new BitSet();
        some.set(2, 9);
        List<Runnable> readers = List.of(
                () -> CODEC.decode(bytes),
                () -> CODEC.project(bytes, some),
                () -> CODEC.read(bytes, SCHEMA.column("json_nn")));
        for (Runnable reader : readers) {
            try {
                reader.run();
            } catch (MdsException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            }
        }
    }

    @Property
    void projectionKeepsTheAskedColumnsAndNoOther(@ForAll("rows") List<Object> row, @ForAll long idBits) {
        BitSet ids = BitSet.valueOf(new long[] {idBits});
        ByteString encoded = CODEC.encode(valuesOf(row));
        Object[] whole = CODEC.decode(encoded);
        Object[] projected = CODEC.decode(CODEC.project(encoded, ids));
        for (Column column : SCHEMA.valueColumns()) {
            if (ids.get(column.id())) {
                assertThat(projected[column.id()]).isEqualTo(whole[column.id()]);
            } else {
                assertThat(projected[column.id()]).isNull();
            }
        }
    }
}
