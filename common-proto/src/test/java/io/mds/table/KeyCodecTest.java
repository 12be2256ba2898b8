package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyCodecTest {
    private static final TableSchema FILES = TableSchema.named("files")
            .column("dir", ColumnType.STRING)
            .column("name", ColumnType.STRING)
            .primaryKey("dir", "name")
            .build();
    private static final KeyCodec CODEC = new KeyCodec(FILES);

    @Test
    void aKeyOfTheWrongLengthIsRefusedWithTheColumnsItNeeds() {
        assertThatThrownBy(() -> CODEC.encode("/etc"))
                .isInstanceOf(MdsException.class)
                .hasMessage("table 'files': a key of 1 values (expected: 2: dir, name)");
        assertThatThrownBy(() -> CODEC.encodePrefix(List.of("a", "b", "c"))).hasMessageContaining("at most 2");
    }

    @Test
    void aNullOrMistypedKeyColumnIsNamed() {
        assertThatThrownBy(() -> CODEC.encode("/etc", null))
                .hasMessageContainingAll("'files'", "'name'", "missing or NULL", "STRING");
        assertThatThrownBy(() -> CODEC.encode("/etc", 5)).hasMessageContainingAll("'name'", "'5'", "Integer", "STRING");
        assertThatThrownBy(() -> CODEC.encode("/etc", "\udc00")).hasMessageContainingAll("'name'", "surrogate");
    }

    @Test
    void theLongestKeyFitsAndOneByteMoreDoesNot() {
        String longest = "x".repeat(KeyCodec.MAX_KEY_BYTES - 4 - 1);
        byte[] key = CODEC.encode("d", longest);
        assertThat(key).hasSize(KeyCodec.MAX_KEY_BYTES);
        CODEC.validate(key);
        assertThatThrownBy(() -> CODEC.encode("d", longest + "x")).hasMessageContainingAll("2049 bytes", "limit: 2048");
        assertThatThrownBy(() -> CODEC.encode("d", "x".repeat(1_000_000)))
                .hasMessageContainingAll("'name'", "1000000 characters", "limit: 2048 bytes")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
        byte[] tooLong = Arrays.copyOf(key, key.length + 1);
        assertThatThrownBy(() -> CODEC.validate(tooLong)).hasMessageContaining("limit: 2048");
        assertThatThrownBy(() -> CODEC.validate(ByteString.copyFrom(tooLong))).hasMessageContaining("limit: 2048");
    }

    @Test
    void bytesAfterTheLastColumnAreRefused() {
        byte[] longer = Arrays.copyOf(CODEC.encode("a", "b"), 7);
        assertThatThrownBy(() -> CODEC.validate(longer)).hasMessageContainingAll("1 bytes after", "'name'");
        assertThatThrownBy(() -> CODEC.decode(longer)).hasMessageContaining("1 bytes after");
    }

    @Test
    void widerIntegersTakeNarrowerOnes() {
        KeyCodec codec = new KeyCodec(TestingValues.keyOf(List.of(ColumnType.INT64)));
        assertThat(codec.encode(5)).isEqualTo(codec.encode(5L));
        assertThat(codec.encode((short) 5)).isEqualTo(codec.encode(5L));
    }

    @Test
    void negativeZeroIsZeroAndNaNIsRefused() {
        KeyCodec codec = new KeyCodec(TestingValues.keyOf(List.of(ColumnType.DOUBLE)));
        assertThat(codec.encode(-0.0)).isEqualTo(codec.encode(0.0));
        assertThatThrownBy(() -> codec.encode(Double.NaN)).hasMessageContainingAll("'k0'", "NaN");
    }

    @Test
    void theSuccessorOfAPrefixWithoutOneIsOpen() {
        assertThat(KeyCodec.successor(new byte[0])).isEmpty();
        assertThat(KeyCodec.successor(new byte[] {-1, -1})).isEmpty();
        assertThat(KeyCodec.successor(new byte[] {1, -1})).containsExactly(2);
        assertThat(KeyCodec.successor(new byte[] {0x7F})).containsExactly(0x80);
    }

    @Test
    void aKeyWithTextThatIsNotUtf8IsNotReadAsAnother() {
        byte[] key = CODEC.encode("/etc", "hosts");
        key[1] = (byte) 0xFF;
        assertThatThrownBy(() -> CODEC.decode(key)).hasMessageContainingAll("'dir'", "UTF-8");
        assertThatThrownBy(() -> CODEC.validate(key)).hasMessageContainingAll("'dir'", "UTF-8");
        byte[] escaped = CODEC.encode("/etc", "\u0000hosts");
        escaped[escaped.length - 3] = (byte) 0xFF;
        assertThatThrownBy(() -> CODEC.decode(escaped)).hasMessageContainingAll("'name'", "UTF-8");
    }
}
