package io.mds.table;

import io.mds.proto.Comparator;
import io.mds.proto.Filter;
import io.mds.proto.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which parts of an index have all rows that a filter can accept: of terms that must all hold, those that compare the index's
 * first columns with values for equality, and then one more column with values or within bounds.
 *
 * <p>Stateless; any thread.
 */
public final class IndexRanges {
    private static final int MAX_RANGES = 64;

    private IndexRanges() {}

    /**
     * What an index is worth to a filter.
     *
     * @param equal columns that are compared for equality
     * @param ranges in which all rows are that the filter can accept, ascending and apart; none when it can accept none
     */
    public record Plan(IndexCodec codec, int equal, List<IndexRange> ranges) {
        /** Whether each range is one encoding, so that however many rows there are, they come in order. */
        public boolean isExact() {
            return ranges.size() <= 1 && ranges.stream().allMatch(IndexRange::exact);
        }
    }

    /**
     * How this index helps with a filter that is valid; empty when it does not.
     */
    public static Optional<Plan> plan(IndexCodec codec, Filter filter) {
        List<Filter> terms = new ArrayList<>();
        addTerms(filter, terms);
        List<Column> columns = codec.columns();
        ByteWriter prefix = new ByteWriter(32);
        int equal = 0;
        while (equal < columns.size()) {
            Column column = columns.get(equal);
            Optional<Object[]> value = equalValue(column, terms);
            if (value.isEmpty()) {
                break;
            }
            IndexCodec.write(prefix, column.type(), value.get()[0]);
            equal++;
        }
        boolean whole = equal == columns.size();
        if (!whole) {
            List<IndexRange> more = moreRanges(columns.get(equal), terms, prefix, equal == columns.size() - 1);
            if (more != null) {
                return Optional.of(new Plan(codec, equal, more));
            }
            if (equal == 0) {
                return Optional.empty();
            }
        }
        return Optional.of(new Plan(codec, equal, List.of(range(prefix, whole))));
    }

    /** What is left after a cut may be more than one encoding. */
    private static IndexRange range(ByteWriter encoded, boolean whole) {
        return IndexRange.of(IndexCodec.cut(encoded), whole);
    }

    private static void addTerms(Filter filter, List<Filter> terms) {
        if (filter.hasAnd()) {
            filter.getAnd().getTermsList().forEach(term -> addTerms(term, terms));
        } else {
            terms.add(filter);
        }
    }

    /** The one value, which may be NULL, that the column must have; empty when no term says so. */
    private static Optional<Object[]> equalValue(Column column, List<Filter> terms) {
        for (Filter term : terms) {
            if (term.hasComparison()
                    && term.getComparison().getColumnId() == column.id()
                    && term.getComparison().getComparator() == Comparator.EQUAL
                    && isValue(term.getComparison().getValue())) {
                return Optional.of(
                        new Object[] {value(column, term.getComparison().getValue())});
            }
            if (term.hasIsNull() && term.getIsNull().getColumnId() == column.id()) {
                return Optional.of(new Object[] {null});
            }
        }
        return Optional.empty();
    }

    private static boolean isValue(Value value) {
        return value.getKindCase() != Value.KindCase.KIND_NOT_SET;
    }

    private static Object value(Column column, Value value) {
        return Values.fromProto(column.type(), value);
    }

    /** Null when no term bounds the column. */
    private static List<IndexRange> moreRanges(Column column, List<Filter> terms, ByteWriter prefix, boolean last) {
        byte[] start = null;
        byte[] end = null;
        for (Filter term : terms) {
            if (term.hasIn() && term.getIn().getColumnId() == column.id()) {
                return in(column, term.getIn(), prefix, last);
            }
            if (term.hasStartsWith() && term.getStartsWith().getColumnId() == column.id()) {
                return List.of(startsWith(value(column, term.getStartsWith().getPrefix()), prefix));
            }
            if (term.hasComparison()
                    && term.getComparison().getColumnId() == column.id()
                    && isValue(term.getComparison().getValue())) {
                byte[] at =
                        IndexCodec.cut(with(prefix, column, term.getComparison().getValue()));
                switch (term.getComparison().getComparator()) {
                    case GREATER, GREATER_OR_EQUAL -> start = at;
                    case LESS, LESS_OR_EQUAL -> end = KeyCodec.successor(at);
                    case EQUAL, NOT_EQUAL, COMPARATOR_UNSPECIFIED, UNRECOGNIZED -> {}
                }
            }
        }
        if (start == null && end == null) {
            return null;
        }
        ByteWriter values = copy(prefix);
        IndexCodec.writeAnyValue(values);
        byte[] all = IndexCodec.cut(values);
        return List.of(new IndexRange(start == null ? all : start, end == null ? KeyCodec.successor(all) : end, false));
    }

    private static List<IndexRange> in(Column column, Filter.In in, ByteWriter prefix, boolean last) {
        List<IndexRange> ranges = new ArrayList<>();
        for (Value value : in.getValuesList()) {
            if (isValue(value)) {
                ranges.add(range(with(prefix, column, value), last));
            }
        }
        ranges.sort((one, other) -> Arrays.compareUnsigned(one.start(), other.start()));
        List<IndexRange> apart = ranges.stream().distinct().toList();
        return apart.size() > MAX_RANGES ? null : apart;
    }

    private static IndexRange startsWith(Object wanted, ByteWriter prefix) {
        ByteWriter out = copy(prefix);
        IndexCodec.writeAnyValue(out);
        Object begin = IndexCodec.shortened(wanted);
        // Without the end that a whole value has.
        if (begin instanceof String text) {
            out.putEscaped(text);
        } else {
            out.putEscaped((byte[]) begin);
        }
        byte[] ended = out.toBytes();
        byte[] open = Arrays.copyOf(ended, ended.length - 2);
        byte[] cut = open.length <= IndexCodec.MAX_BYTES ? open : Arrays.copyOf(open, IndexCodec.MAX_BYTES);
        return IndexRange.of(cut, false);
    }

    private static ByteWriter with(ByteWriter prefix, Column column, Value value) {
        ByteWriter out = copy(prefix);
        IndexCodec.write(out, column.type(), value(column, value));
        return out;
    }

    private static ByteWriter copy(ByteWriter prefix) {
        ByteWriter out = new ByteWriter(prefix.size() + 32);
        out.put(prefix.toBytes());
        return out;
    }
}
