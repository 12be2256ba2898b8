package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.Comparator;
import io.mds.proto.ErrorCode;
import io.mds.proto.Filter;
import io.mds.proto.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FilterEvaluatorTest {
    private static final TableSchema FILES = TableSchema.named("files")
            .column("name", ColumnType.STRING)
            .nullableColumn("size", ColumnType.INT64)
            .nullableColumn("owner", ColumnType.STRING)
            .nullableColumn("hash", ColumnType.BYTES)
            .primaryKey("name")
            .build();
    private static final int NAME = 1;
    private static final int SIZE = 2;
    private static final int OWNER = 3;
    private static final int HASH = 4;

    private static boolean test(Filter filter, String name, Long size, String owner) {
        Map<String, Object> row = new HashMap<>();
        row.put("size", size);
        row.put("owner", owner);
        row.put("hash", new byte[] {1, 2, 3});
        ByteString bytes = new RowCodec(FILES).encode(column -> row.get(column.name()));
        return new FilterEvaluator(FILES, filter).test(new KeyCodec(FILES).encode(name), bytes);
    }

    private static Filter compare(int column, Comparator comparator, Value value) {
        return Filter.newBuilder()
                .setComparison(Filter.Comparison.newBuilder()
                        .setColumnId(column)
                        .setComparator(comparator)
                        .setValue(value))
                .build();
    }

    private static Value number(long value) {
        return Value.newBuilder().setInt64(value).build();
    }

    private static Value text(String value) {
        return Value.newBuilder().setString(value).build();
    }

    private static Filter not(Filter filter) {
        return Filter.newBuilder().setNot(filter).build();
    }

    private static Filter.Terms terms(Filter... filters) {
        return Filter.Terms.newBuilder().addAllTerms(List.of(filters)).build();
    }

    @Provide
    Arbitrary<Comparator> comparators() {
        return Arbitraries.of(Comparator.class)
                .filter(c -> c != Comparator.COMPARATOR_UNSPECIFIED && c != Comparator.UNRECOGNIZED);
    }

    @Property
    void comparisonsAgreeWithTheOrderOfValues(
            @ForAll("comparators") Comparator comparator, @ForAll long stored, @ForAll long wanted) {
        boolean expected = switch (comparator) {
            case EQUAL -> stored == wanted;
            case NOT_EQUAL -> stored != wanted;
            case LESS -> stored < wanted;
            case LESS_OR_EQUAL -> stored <= wanted;
            case GREATER -> stored > wanted;
            case GREATER_OR_EQUAL -> stored >= wanted;
            case COMPARATOR_UNSPECIFIED, UNRECOGNIZED -> throw new AssertionError(comparator);
        };
        assertThat(test(compare(SIZE, comparator, number(wanted)), "a", stored, null))
                .isEqualTo(expected);
    }

    @Property
    void aComparisonWithNullIsFalseAndItsNegationTrue(@ForAll("comparators") Comparator comparator) {
        Filter withStoredNull = compare(SIZE, comparator, number(5));
        assertThat(test(withStoredNull, "a", null, null)).isFalse();
        assertThat(test(not(withStoredNull), "a", null, null)).isTrue();
        assertThat(test(compare(SIZE, comparator, Value.getDefaultInstance()), "a", 5L, null))
                .isFalse();
    }

    @Property
    void inHoldsForExactlyTheListedValues(@ForAll List<@net.jqwik.api.constraints.IntRange(max = 9) Integer> listed) {
        Filter.In.Builder in = Filter.In.newBuilder().setColumnId(SIZE).addValues(Value.getDefaultInstance());
        listed.forEach(each -> in.addValues(number(each)));
        Filter filter = Filter.newBuilder().setIn(in).build();
        for (long size = 0; size < 10; size++) {
            assertThat(test(filter, "a", size, null)).isEqualTo(listed.contains((int) size));
        }
        assertThat(test(filter, "a", null, null)).isFalse();
    }

    @Example
    void keyColumnsCanBeAskedFor() {
        assertThat(test(compare(NAME, Comparator.EQUAL, text("a")), "a", 1L, null))
                .isTrue();
        assertThat(test(compare(NAME, Comparator.EQUAL, text("b")), "a", 1L, null))
                .isFalse();
    }

    @Example
    void prefixesOfTextsAndBytesAreFound() {
        assertThat(test(startsWith(NAME, text("ho")), "hosts", null, null)).isTrue();
        assertThat(test(startsWith(NAME, text("hosts.")), "hosts", null, null)).isFalse();
        assertThat(test(startsWith(OWNER, text("")), "hosts", null, null)).isFalse();
        assertThat(test(startsWith(HASH, bytes(1, 2)), "hosts", null, null)).isTrue();
        assertThat(test(startsWith(HASH, bytes(2)), "hosts", null, null)).isFalse();
        assertThat(test(startsWith(HASH, bytes(1, 2, 3, 4)), "hosts", null, null))
                .isFalse();
    }

    private static Filter startsWith(int column, Value prefix) {
        return Filter.newBuilder()
                .setStartsWith(
                        Filter.StartsWith.newBuilder().setColumnId(column).setPrefix(prefix))
                .build();
    }

    private static Value bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Value.newBuilder().setBytes(ByteString.copyFrom(bytes)).build();
    }

    @Example
    void termsCombine() {
        Filter big = compare(SIZE, Comparator.GREATER, number(100));
        Filter root = compare(OWNER, Comparator.EQUAL, text("root"));
        Filter both = Filter.newBuilder().setAnd(terms(big, root)).build();
        Filter either = Filter.newBuilder().setOr(terms(big, root)).build();
        assertThat(test(both, "a", 200L, "root")).isTrue();
        assertThat(test(both, "a", 200L, "me")).isFalse();
        assertThat(test(either, "a", 1L, "root")).isTrue();
        assertThat(test(either, "a", 1L, "me")).isFalse();
        assertThat(test(Filter.newBuilder().setAnd(terms()).build(), "a", 1L, null))
                .isTrue();
        assertThat(test(Filter.newBuilder().setOr(terms()).build(), "a", 1L, null))
                .isFalse();
        Filter ownerless = Filter.newBuilder()
                .setIsNull(Filter.IsNull.newBuilder().setColumnId(OWNER))
                .build();
        assertThat(test(ownerless, "a", 1L, null)).isTrue();
        assertThat(test(ownerless, "a", 1L, "me")).isFalse();
    }

    @Example
    void filtersThatMakeNoSenseAreRefused() {
        assertRefused(Filter.getDefaultInstance(), "without a kind");
        assertRefused(compare(9, Comparator.EQUAL, number(1)), "column id 9");
        assertRefused(compare(SIZE, Comparator.EQUAL, text("x")), "'size'", "STRING", "INT64");
        assertRefused(compare(SIZE, Comparator.COMPARATOR_UNSPECIFIED, number(1)), "'size'", "comparator");
        assertRefused(startsWith(SIZE, number(1)), "'size'", "INT64");
        assertRefused(startsWith(OWNER, Value.getDefaultInstance()), "'owner'", "prefix");
        Value shortUuid =
                Value.newBuilder().setUuid(ByteString.copyFrom(new byte[3])).build();
        assertThatThrownBy(() -> Values.fromProto(ColumnType.UUID, shortUuid)).hasMessageContaining("3 bytes");
    }

    @Example
    void filtersAreLimitedInDepthAndSize() {
        Filter leaf = compare(SIZE, Comparator.EQUAL, number(1));
        Filter deep = leaf;
        for (int i = 0; i < 60; i++) {
            deep = not(deep);
        }
        assertRefused(deep, "50 levels");
        Filter.Terms.Builder many = Filter.Terms.newBuilder();
        Filter.In.Builder in = Filter.In.newBuilder().setColumnId(SIZE);
        for (int i = 0; i < FilterEvaluator.MAX_NODES; i++) {
            many.addTerms(leaf);
            in.addValues(number(i));
        }
        assertRefused(Filter.newBuilder().setOr(many).build(), "1000 terms");
        assertRefused(Filter.newBuilder().setIn(in).build(), "1000 terms");
    }

    private static void assertRefused(Filter filter, String... messageParts) {
        assertThatThrownBy(() -> new FilterEvaluator(FILES, filter))
                .isInstanceOfSatisfying(
                        MdsException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                .hasMessageContaining("'files'")
                .hasMessageContainingAll(messageParts);
    }

    @Provide
    Arbitrary<List<Object>> pairsOfOneType() {
        return Arbitraries.of(ColumnType.class)
                .flatMap(type -> Combinators.combine(TestingValues.of(type), TestingValues.of(type))
                        .as((left, right) -> List.of(type, left, right)));
    }

    @Property
    void comparingIsAntisymmetricForEveryType(@ForAll("pairsOfOneType") List<Object> pair) {
        ColumnType type = (ColumnType) pair.get(0);
        Object left = type.normalize(pair.get(1));
        Object right = type.normalize(pair.get(2));
        assertThat(Integer.signum(Values.compare(type, left, right)))
                .isEqualTo(-Integer.signum(Values.compare(type, right, left)));
        assertThat(Values.equal(type, left, left)).isTrue();
    }
}
