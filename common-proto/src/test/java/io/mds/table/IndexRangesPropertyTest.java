package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.proto.Comparator;
import io.mds.proto.Filter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever row a filter accepts, the ranges that it gives an index have what the index has of the row. */
class IndexRangesPropertyTest {
    private static final TableSchema SCHEMA = TableSchema.named("t")
            .column("id", ColumnType.INT64)
            .nullableColumn("text", ColumnType.STRING)
            .nullableColumn("number", ColumnType.DECIMAL)
            .nullableColumn("bytes", ColumnType.BYTES)
            .primaryKey("id")
            .build()
            .withIndex("i", List.of("text", "number", "id"));
    private static final IndexCodec CODEC =
            new IndexCodec(SCHEMA, SCHEMA.indexes().get(0));
    private static final RowCodec ROWS = new RowCodec(SCHEMA);
    private static final KeyCodec KEYS = new KeyCodec(SCHEMA);

    private record Cells(long id, Object text, Object number) {
        ByteString row() {
            return ROWS.encode(column -> switch (column.name()) {
                case "text" -> text;
                case "number" -> number;
                default -> null;
            });
        }

        byte[] key() {
            return KEYS.encode(id);
        }
    }

    private static Arbitrary<Object> texts() {
        return Arbitraries.oneOf(
                        Arbitraries.of("", "a", "ab", "b", "a\u0000", "ä", "\uD83D\uDE00"),
                        Arbitraries.of("x", "\u0000", "\uD83D\uDE00").map(part -> part.repeat(600)),
                        Arbitraries.strings().alpha().ofMaxLength(4).map(text -> "x".repeat(509) + text))
                .map(text -> (Object) text)
                .injectNull(0.2);
    }

    @Provide
    Arbitrary<Cells> rows() {
        return Combinators.combine(
                        Arbitraries.longs().between(-2, 2),
                        texts(),
                        TestingValues.of(ColumnType.DECIMAL).injectNull(0.2))
                .as(Cells::new);
    }

    @Provide
    Arbitrary<Filter> filters() {
        Arbitrary<Filter> term = Arbitraries.oneOf(
                comparison("text", texts()),
                comparison("number", TestingValues.of(ColumnType.DECIMAL)),
                comparison("id", Arbitraries.longs().between(-2, 2).map(id -> (Object) id)),
                texts().filter(text -> text != null)
                        .map(text -> Filter.newBuilder()
                                .setStartsWith(Filter.StartsWith.newBuilder()
                                        .setColumnId(id("text"))
                                        .setPrefix(Values.toProto(ColumnType.STRING, text)))
                                .build()),
                texts().list().ofMaxSize(4).map(values -> {
                    Filter.In.Builder in = Filter.In.newBuilder().setColumnId(id("text"));
                    values.forEach(value -> in.addValues(Values.toProto(ColumnType.STRING, value)));
                    return Filter.newBuilder().setIn(in).build();
                }),
                Arbitraries.of("text", "number")
                        .map(name -> Filter.newBuilder()
                                .setIsNull(Filter.IsNull.newBuilder().setColumnId(id(name)))
                                .build()));
        return term.list()
                .ofMinSize(1)
                .ofMaxSize(3)
                .map(terms -> Filter.newBuilder()
                        .setAnd(Filter.Terms.newBuilder().addAllTerms(terms))
                        .build());
    }

    private static int id(String column) {
        return SCHEMA.column(column).id();
    }

    private static Arbitrary<Filter> comparison(String column, Arbitrary<Object> values) {
        return Combinators.combine(
                        Arbitraries.of(
                                Comparator.EQUAL,
                                Comparator.NOT_EQUAL,
                                Comparator.LESS,
                                Comparator.LESS_OR_EQUAL,
                                Comparator.GREATER,
                                Comparator.GREATER_OR_EQUAL),
                        values)
                .as((comparator, value) -> Filter.newBuilder()
                        .setComparison(Filter.Comparison.newBuilder()
                                .setColumnId(id(column))
                                .setComparator(comparator)
                                .setValue(Values.toProto(SCHEMA.column(column).type(), value)))
                        .build());
    }

    @Property
    void noRowThatIsAcceptedIsOutsideTheRanges(
            @ForAll("filters") Filter filter, @ForAll("rows") Cells first, @ForAll("rows") Cells second) {
        Optional<IndexRanges.Plan> plan = IndexRanges.plan(CODEC, filter);
        FilterEvaluator evaluator = new FilterEvaluator(SCHEMA, filter);
        for (Cells cells : List.of(first, second)) {
            byte[] entry = CODEC.encode(cells.key(), cells.row());
            assertThat(entry.length).isLessThanOrEqualTo(IndexCodec.MAX_BYTES);
            if (plan.isPresent() && evaluator.test(cells.key(), cells.row())) {
                assertThat(plan.get().ranges()).anyMatch(range -> range.contains(entry));
            }
        }
    }

    private static Filter of(String column, Comparator comparator, Object value) {
        return Filter.newBuilder()
                .setComparison(Filter.Comparison.newBuilder()
                        .setColumnId(id(column))
                        .setComparator(comparator)
                        .setValue(Values.toProto(SCHEMA.column(column).type(), value)))
                .build();
    }

    private static Filter and(Filter... terms) {
        return Filter.newBuilder()
                .setAnd(Filter.Terms.newBuilder().addAllTerms(List.of(terms)))
                .build();
    }

    @Example
    void equalityOfAllColumnsIsExactAndOfTheFirstOnesIsARange() {
        Filter text = of("text", Comparator.EQUAL, "a");
        Filter number = of("number", Comparator.EQUAL, new BigDecimal("1.50"));
        Filter id = of("id", Comparator.EQUAL, 7L);
        IndexRanges.Plan all = IndexRanges.plan(CODEC, and(id, number, text)).orElseThrow();
        assertThat(all.equal()).isEqualTo(3);
        assertThat(all.isExact()).isTrue();
        IndexRanges.Plan two = IndexRanges.plan(CODEC, and(text, number)).orElseThrow();
        assertThat(two.equal()).isEqualTo(2);
        assertThat(two.isExact()).isFalse();
        assertThat(two.ranges()).hasSize(1);
        assertThat(IndexRanges.plan(CODEC, number)).as("not the first column").isEmpty();
        assertThat(IndexRanges.plan(CODEC, of("text", Comparator.NOT_EQUAL, "a")))
                .isEmpty();
        assertThat(IndexRanges.plan(CODEC, of("text", Comparator.EQUAL, null)).isEmpty())
                .as("a comparison with NULL, which nothing satisfies")
                .isTrue();
    }
}
