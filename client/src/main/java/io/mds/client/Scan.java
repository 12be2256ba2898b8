package io.mds.client;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Which rows of a table to read, in which order: {@code Scan.prefix("/etc").where(gt("size", 0)).limit(100)}. Immutable.
 *
 * <p>Rows come in the order of their keys, over all shards. A scan whose prefix fixes the partition key asks one shard only.
 */
public final class Scan {
    private static final Scan ALL = new Scan(null, null, null, null, List.of(), 0, false, null);

    private final Key prefix;
    private final Key from;
    private final Key to;
    private final Filter filter;
    private final List<String> columns;
    private final long limit;
    private final boolean reverse;
    private final Consistency consistency;

    private Scan(
            Key prefix,
            Key from,
            Key to,
            Filter filter,
            List<String> columns,
            long limit,
            boolean reverse,
            Consistency consistency) {
        this.prefix = prefix;
        this.from = from;
        this.to = to;
        this.filter = filter;
        this.columns = columns;
        this.limit = limit;
        this.reverse = reverse;
        this.consistency = consistency;
    }

    /** Every row. */
    public static Scan all() {
        return ALL;
    }

    /** The rows whose leading key columns have these values. */
    public static Scan prefix(Object... leadingKeyValues) {
        return prefix(Key.of(leadingKeyValues));
    }

    /** The rows whose leading key columns have these values. */
    public static Scan prefix(Key leading) {
        return new Scan(Objects.requireNonNull(leading, "leading"), null, null, null, List.of(), 0, false, null);
    }

    /** The rows with {@code from <= key < to}; both may name only the leading columns of a key. */
    public static Scan range(Key from, Key to) {
        return new Scan(
                null,
                Objects.requireNonNull(from, "from"),
                Objects.requireNonNull(to, "to"),
                null,
                List.of(),
                0,
                false,
                null);
    }

    /** The rows with {@code from <= key}. */
    public static Scan from(Key from) {
        return new Scan(null, Objects.requireNonNull(from, "from"), null, null, List.of(), 0, false, null);
    }

    /** The rows with {@code key < to}. */
    public static Scan before(Key to) {
        return new Scan(null, null, Objects.requireNonNull(to, "to"), null, List.of(), 0, false, null);
    }

    /** Only rows that pass the filter, together with any given before. Evaluated where the rows are. */
    public Scan where(Filter more) {
        return new Scan(
                prefix, from, to, filter == null ? more : filter.and(more), columns, limit, reverse, consistency);
    }

    /** Only these columns, in this order; none for all. */
    public Scan columns(String... names) {
        return columns(List.of(names));
    }

    /** Only these columns, in this order; none for all. */
    public Scan columns(List<String> names) {
        return new Scan(prefix, from, to, filter, List.copyOf(names), limit, reverse, consistency);
    }

    /** At most this many rows. */
    public Scan limit(long rows) {
        if (rows < 1) {
            throw MdsException.of(ErrorCode.INVALID_ARGUMENT, "limit: " + rows + " (expected: >= 1)");
        }
        return new Scan(prefix, from, to, filter, columns, rows, reverse, consistency);
    }

    /** From the last key to the first. */
    public Scan reverse() {
        return new Scan(prefix, from, to, filter, columns, limit, true, consistency);
    }

    /** With this consistency, whatever that of the table is. */
    public Scan with(Consistency wanted) {
        return new Scan(
                prefix, from, to, filter, columns, limit, reverse, Objects.requireNonNull(wanted, "consistency"));
    }

    public Optional<Key> prefix() {
        return Optional.ofNullable(prefix);
    }

    public Optional<Key> from() {
        return Optional.ofNullable(from);
    }

    public Optional<Key> before() {
        return Optional.ofNullable(to);
    }

    public Optional<Filter> filter() {
        return Optional.ofNullable(filter);
    }

    public List<String> columns() {
        return columns;
    }

    /** At most this many rows; 0 for all. */
    public long limit() {
        return limit;
    }

    public boolean isReverse() {
        return reverse;
    }

    /** Absent for that of the table. */
    public Optional<Consistency> consistency() {
        return Optional.ofNullable(consistency);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Scan that
                && limit == that.limit
                && reverse == that.reverse
                && Objects.equals(prefix, that.prefix)
                && Objects.equals(from, that.from)
                && Objects.equals(to, that.to)
                && Objects.equals(filter, that.filter)
                && columns.equals(that.columns)
                && Objects.equals(consistency, that.consistency);
    }

    @Override
    public int hashCode() {
        return Objects.hash(prefix, from, to, filter, columns, limit, reverse, consistency);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("Scan[");
        text.append(
                prefix != null
                        ? "prefix " + prefix
                        : from == null && to == null ? "all" : "from " + from + " before " + to);
        if (filter != null) {
            text.append(" where ").append(filter);
        }
        if (!columns.isEmpty()) {
            text.append(" columns ").append(columns);
        }
        if (limit > 0) {
            text.append(" limit ").append(limit);
        }
        if (consistency != null) {
            text.append(" consistency ").append(consistency);
        }
        return text.append(reverse ? " reverse]" : "]").toString();
    }
}
