package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RowTest {
    private static final UUID SOME_UUID = new UUID(1, 2);

    private final Row row = Row.of(
            "s",
            "text",
            "i",
            7,
            "l",
            8L,
            "b",
            true,
            "d",
            1.5,
            "n",
            new BigDecimal("12.30"),
            "y",
            new byte[] {1, 2},
            "t",
            Instant.EPOCH,
            "u",
            SOME_UUID,
            "none",
            null);

    @Test
    void typedGettersGiveTheValues() {
        assertThat(row.getString("s")).isEqualTo("text");
        assertThat(row.getInt("i")).isEqualTo(7);
        assertThat(row.getLong("l")).isEqualTo(8);
        assertThat(row.getLong("i")).isEqualTo(7);
        assertThat(row.getBoolean("b")).isTrue();
        assertThat(row.getDouble("d")).isEqualTo(1.5);
        assertThat(row.getDecimal("n")).isEqualTo("12.30");
        assertThat(row.getBytes("y")).containsExactly(1, 2);
        assertThat(row.getInstant("t")).isEqualTo(Instant.EPOCH);
        assertThat(row.getUuid("u")).isEqualTo(SOME_UUID);
        assertThat(row.getJson("s")).isEqualTo("text");
        assertThat(row.get("l")).isEqualTo(8L);
        assertThat(row.version()).isZero();
    }

    @Test
    void nullIsAskedForAndNeverBecomesAPrimitive() {
        assertThat(row.isNull("none")).isTrue();
        assertThat(row.isNull("s")).isFalse();
        assertThat(row.getString("none")).isNull();
        assertThat(row.getBytes("none")).isNull();
        assertInvalid(() -> row.getLong("none"), "column 'none' is NULL; ask isNull(\"none\") first");
    }

    @Test
    void wrongTypeAndWrongNameAreNamed() {
        assertInvalid(() -> row.getLong("s"), "column 's' holds the String 'text', not a Long");
        assertInvalid(
                () -> row.getString("nosuch"), "no column 'nosuch' in this row (it has [s, i, l, b, d, n, y, t, u,");
    }

    @Test
    void badInputToRowsIsNamed() {
        assertInvalid(() -> Row.of("a", 1, "b"), "row of 3 names and values");
        assertInvalid(() -> Row.of(1, "a"), "row: 1 at position 0 (expected: a column name)");
        assertInvalid(() -> Row.of("a", 1, "a", 2), "column 'a' is given twice");
        assertInvalid(() -> Row.of("a", new Date()), "a: a java.util.Date cannot be stored");
        assertInvalid(() -> Row.of("", 1), "column name: ''");
    }

    @Test
    void smallNumbersAreWidened() {
        Row widened = Row.of("a", (short) 1, "b", (byte) 2, "c", 1.5f, "d", BigInteger.TEN);
        assertThat(widened.toMap()).isEqualTo(Map.of("a", 1, "b", 2, "c", 1.5, "d", BigDecimal.TEN));
    }

    @Test
    void rowsAreEqualByContentWhateverTheOrderAndTheVersion() {
        Row one = Row.of("a", 1, "b", new byte[] {1});
        Row other = Row.of("b", new byte[] {1}, "a", 1);
        assertThat(one).isEqualTo(other).hasSameHashCodeAs(other);
        assertThat(one).isNotEqualTo(Row.of("a", 1, "b", new byte[] {2}));
        assertThat(one).isNotEqualTo(Row.of("a", 1));
        assertThat(one).isNotEqualTo(Row.of("a", 1, "c", new byte[] {1}));
    }

    @Test
    void nobodyChangesARow() {
        byte[] bytes = {1, 2};
        Row mine = Row.of("y", bytes);
        bytes[0] = 9;
        mine.getBytes("y")[1] = 9;
        ((byte[]) mine.get("y"))[1] = 9;
        ((byte[]) mine.toMap().get("y"))[1] = 9;
        ((byte[]) mine.values().get(0))[1] = 9;
        assertThat(mine.getBytes("y")).containsExactly(1, 2);
    }

    @Test
    void withReplacesOrAdds() {
        Row changed = Row.of("a", 1).with("a", 2).with("b", "x");
        assertThat(changed).isEqualTo(Row.of("a", 2, "b", "x"));
        assertThat(changed.columns()).isEqualTo(List.of("a", "b"));
    }

    @Test
    void rowsComeFromMapsInTheirOrder() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("z", 1);
        map.put("a", null);
        assertThat(Row.of(map).columns()).containsExactly("z", "a");
        assertThat(Row.of(map).toMap()).isEqualTo(map);
    }

    @Test
    void textShowsNamesAndValues() {
        assertThat(Row.of("dir", "/etc", "size", 3L, "hash", new byte[] {1, -1}, "owner", null))
                .hasToString("{dir=/etc, size=3, hash=0x01ff, owner=NULL}");
    }

    @Test
    void rowsOfManyColumnsFindTheirColumns() {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            map.put("c" + i, i);
        }
        Row wide = Row.of(map);
        for (int i = 0; i < 100; i++) {
            assertThat(wide.getInt("c" + i)).isEqualTo(i);
        }
        assertThat(wide.has("c100")).isFalse();
    }

    static void assertInvalid(Runnable action, String message) {
        assertThatThrownBy(action::run).isInstanceOfSatisfying(MdsException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(e).hasMessageContaining(message);
        });
    }
}
