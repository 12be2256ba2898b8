package io.mds.table;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Values of every type, rich in edge cases, and schemas to hold them. */
final class TestingValues {
    private static final long MAX_MICROS_SECONDS = Long.MAX_VALUE / 1_000_000;

    private TestingValues() {}

    /** Types that a key column can have. */
    static Arbitrary<ColumnType> keyTypes() {
        return Arbitraries.of(ColumnType.class).filter(type -> type != ColumnType.JSON);
    }

    static Arbitrary<Object> of(ColumnType type) {
        return switch (type) {
            case BOOLEAN -> Arbitraries.of(true, false).asGeneric();
            case INT32 ->
                Arbitraries.oneOf(Arbitraries.integers(), Arbitraries.of(0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE))
                        .asGeneric();
            case INT64 ->
                Arbitraries.oneOf(Arbitraries.longs(), Arbitraries.of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE))
                        .asGeneric();
            case DOUBLE -> doubles().asGeneric();
            case DECIMAL -> decimals().asGeneric();
            case STRING -> strings().asGeneric();
            case BYTES -> bytes().asGeneric();
            case TIMESTAMP -> timestamps().asGeneric();
            case UUID ->
                Combinators.combine(Arbitraries.longs(), Arbitraries.longs())
                        .as(UUID::new)
                        .asGeneric();
            case JSON -> json().asGeneric();
        };
    }

    private static Arbitrary<Double> doubles() {
        return Arbitraries.oneOf(
                Arbitraries.longs().map(Double::longBitsToDouble).filter(d -> !Double.isNaN(d)),
                Arbitraries.of(
                        0.0,
                        -0.0,
                        Double.MIN_VALUE,
                        -Double.MIN_VALUE,
                        Double.MAX_VALUE,
                        Double.POSITIVE_INFINITY,
                        Double.NEGATIVE_INFINITY,
                        1.0,
                        -1.0));
    }

    private static Arbitrary<BigDecimal> decimals() {
        Arbitrary<BigDecimal> plain = Combinators.combine(
                        Arbitraries.bigIntegers().between(BigInteger.TEN.pow(40).negate(), BigInteger.TEN.pow(40)),
                        Arbitraries.integers().between(-60, 60))
                .as(BigDecimal::new);
        Arbitrary<BigDecimal> close = Combinators.combine(
                        Arbitraries.integers().between(-1_100, 1_100),
                        Arbitraries.integers().between(-2, 3))
                .as((unscaled, scale) -> BigDecimal.valueOf(unscaled, scale));
        Arbitrary<BigDecimal> extreme = Arbitraries.of(
                new BigDecimal("9".repeat(DecimalText.MAX_DIGITS)),
                new BigDecimal("-1" + "0".repeat(DecimalText.MAX_DIGITS - 1)),
                new BigDecimal("1E9999"),
                new BigDecimal("10E9998"),
                new BigDecimal("-1E-10001"),
                new BigDecimal("0E-10001"),
                new BigDecimal("0E9999"));
        return Arbitraries.frequencyOf(Tuple.of(4, plain), Tuple.of(4, close), Tuple.of(1, extreme));
    }

    private static Arbitrary<String> strings() {
        List<Integer> edges = List.of(
                0, 1, (int) 'a', (int) 'b', 0x7F, 0x80, 0xFF, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000,
                0x10FFFF);
        Arbitrary<String> codePoints = Arbitraries.of(edges)
                .map(Character::toString)
                .list()
                .ofMaxSize(6)
                .map(characters -> String.join("", characters));
        return Arbitraries.oneOf(codePoints, Arbitraries.strings().ascii().ofMaxLength(30));
    }

    static Arbitrary<byte[]> bytes() {
        Arbitrary<byte[]> edges = Arbitraries.of((byte) 0, (byte) 1, (byte) 0xFF, (byte) 0xFE, (byte) 2)
                .array(byte[].class)
                .ofMaxSize(5);
        return Arbitraries.oneOf(edges, Arbitraries.bytes().array(byte[].class).ofMaxSize(40));
    }

    private static Arbitrary<Instant> timestamps() {
        return Arbitraries.oneOf(
                Arbitraries.longs().map(ColumnType::fromMicros),
                Arbitraries.longs().between(-3_000_000, 3_000_000).map(ColumnType::fromMicros),
                Arbitraries.of(
                        ColumnType.fromMicros(Long.MIN_VALUE),
                        ColumnType.fromMicros(Long.MAX_VALUE),
                        Instant.ofEpochSecond(MAX_MICROS_SECONDS),
                        Instant.EPOCH));
    }

    private static Arbitrary<String> json() {
        return Arbitraries.of(
                "null",
                "true",
                "-0",
                "12.5e-3",
                "\"\"",
                "\"\\u00e9 \u00e9 \\ud800\"",
                "[]",
                " [1, 2, {\"a\": null}] ",
                "{\"a\": 1, \"a\": 2}",
                "{\"\u4e2d\": [[[]]]}");
    }

    /** A schema with these key columns (k0, k1, ...), all of them the partition key, and no others. */
    static TableSchema keyOf(List<ColumnType> types) {
        TableSchema.Builder schema = TableSchema.named("t");
        List<String> names = new ArrayList<>();
        for (ColumnType type : types) {
            names.add("k" + names.size());
            schema.column(names.get(names.size() - 1), type);
        }
        return schema.primaryKey(names.toArray(String[]::new)).build();
    }

    /** A key column "k" (id 1), then a nullable and a NOT NULL column of each type: "boolean", "boolean_nn", ... */
    static TableSchema everyType() {
        TableSchema.Builder schema = TableSchema.named("every_type").column("k", ColumnType.INT64);
        for (ColumnType type : ColumnType.values()) {
            String name = type.name().toLowerCase(Locale.ROOT);
            schema.nullableColumn(name, type).column(name + "_nn", type);
        }
        return schema.primaryKey("k").build();
    }

    static Arbitrary<Object[]> keyFor(List<ColumnType> types) {
        return Combinators.combine(types.stream().map(TestingValues::of).toList())
                .as(List::toArray);
    }

    /**
     * Values of all columns outside the key, by position; null in some nullable ones. Without the combinations of edge
     * cases, of which there are too many: each column has its own edge cases among its values.
     */
    static Arbitrary<List<Object>> rowFor(TableSchema schema) {
        return Combinators.combine(schema.valueColumns().stream()
                        .map(column -> column.nullable() ? of(column.type()).injectNull(0.3) : of(column.type()))
                        .toList())
                .as(values -> (List<Object>) new ArrayList<>(values))
                .withoutEdgeCases();
    }
}
