package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ColumnTypeTest {
    record Typed(ColumnType type, Object value) {}

    @Provide
    Arbitrary<Typed> typedValues() {
        return Arbitraries.of(ColumnType.class)
                .flatMap(type -> TestingValues.of(type).map(v -> new Typed(type, v)));
    }

    @Property
    void formattedValuesAreParsedBackEqual(@ForAll("typedValues") Typed typed) {
        Object stored = typed.type().normalize(typed.value());
        assertThat(typed.type().parse(typed.type().format(typed.value()))).isEqualTo(stored);
    }

    @Property
    void valuesSurviveTheirProtoForm(@ForAll("typedValues") Typed typed) {
        Object stored = typed.type().normalize(typed.value());
        assertThat(Values.fromProto(typed.type(), Values.toProto(typed.type(), typed.value())))
                .isEqualTo(stored);
    }

    @Property
    void anyTextIsParsedOrRefused(@ForAll ColumnType type, @ForAll String text) {
        try {
            assertThat(type.accepts(type.parse(text))).isTrue();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).hasSizeLessThan(400);
        }
    }

    @Property
    void thePlacesOfSurrogatesDoNotDisturbMessages(@ForAll String text) {
        String shown = ValueText.shown(text);
        assertThat(Utf8.encode(shown)).isNotEmpty();
        assertThat(shown).hasSizeLessThan(140);
    }

    @Example
    void textsThatPeopleWriteAreUnderstood() {
        assertThat(ColumnType.BOOLEAN.parse("Yes")).isEqualTo(true);
        assertThat(ColumnType.INT64.parse(" 42 ")).isEqualTo(42L);
        assertThat(ColumnType.DOUBLE.parse("-0")).isEqualTo(0.0);
        assertThat(ColumnType.DECIMAL.parse("1e3")).isEqualTo(new BigDecimal("1E+3"));
        assertThat(ColumnType.STRING.parse(" a ")).isEqualTo(" a ");
        assertThat((byte[]) ColumnType.BYTES.parse("00fF")).containsExactly(0, 0xFF);
        Instant noon = Instant.parse("2024-02-29T12:00:00Z");
        assertThat(ColumnType.TIMESTAMP.parse("2024-02-29T12:00:00Z")).isEqualTo(noon);
        assertThat(ColumnType.TIMESTAMP.parse("2024-02-29 12:00:00")).isEqualTo(noon);
        assertThat(ColumnType.TIMESTAMP.parse("2024-02-29T13:00+01:00")).isEqualTo(noon);
        assertThat(ColumnType.TIMESTAMP.parse("2024-02-29")).isEqualTo(Instant.parse("2024-02-29T00:00:00Z"));
    }

    @Example
    void mistakesAreNamedWithWhatIsExpected() {
        assertRefused(ColumnType.BOOLEAN, "maybe", "'maybe'", "true or false");
        assertRefused(ColumnType.INT32, "2147483648", "'2147483648'", "2147483647");
        assertRefused(ColumnType.INT64, "1.5", "'1.5'", "whole number");
        assertRefused(ColumnType.DOUBLE, "NaN", "NaN");
        assertRefused(ColumnType.DOUBLE, "1d", "'1d'", "number");
        assertRefused(ColumnType.DECIMAL, "1,5", "'1,5'");
        assertRefused(ColumnType.DECIMAL, "1E10000", "limits");
        assertRefused(ColumnType.DECIMAL, "1E2147483648", "'1E2147483648'");
        assertRefused(ColumnType.DECIMAL, "9".repeat(1_001), "1001 digits", "limits: 1000 digits");
        assertRefused(ColumnType.BYTES, "0x0", "hexadecimal");
        assertRefused(ColumnType.TIMESTAMP, "yesterday", "'yesterday'", "date and time");
        assertRefused(ColumnType.TIMESTAMP, "2024-02-29T12:00:00.0000001Z", "microsecond");
        assertRefused(ColumnType.TIMESTAMP, "+1000000-01-01T00:00:00Z", "out of range", "limits");
        assertRefused(ColumnType.UUID, "1-1-1-1-1", "UUID");
        assertRefused(ColumnType.JSON, "{", "not JSON");
    }

    private static void assertRefused(ColumnType type, String text, String... messageParts) {
        assertThatThrownBy(() -> type.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(messageParts);
    }

    @Example
    void wholeNumbersOfAnySizeAreDecimals() {
        assertThat(ColumnType.DECIMAL.normalize(5)).isEqualTo(BigDecimal.valueOf(5));
        assertThat(ColumnType.DECIMAL.normalize(BigInteger.TEN)).isEqualTo(BigDecimal.TEN);
        assertThat(ColumnType.DECIMAL.accepts(1.5)).isFalse();
        assertThat(ColumnType.INT32.accepts(5L)).isFalse();
        assertThat(ColumnType.INT32.accepts(null)).isFalse();
    }

    @Example
    void theFirstAndLastTimestampAreStored() {
        for (long micros : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, -1, 0, 1}) {
            assertThat(ColumnType.toMicros(ColumnType.fromMicros(micros))).isEqualTo(micros);
        }
        Instant tooEarly = ColumnType.fromMicros(Long.MIN_VALUE).minusNanos(1_000);
        assertThat(ColumnType.TIMESTAMP.accepts(tooEarly)).isFalse();
    }
}
