package io.mds.client;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What must hold of a row for a write to be applied; otherwise the write fails with CONDITION_FAILED. Immutable.
 *
 * <p>{@code Condition.ifVersion(row.version())} is optimistic locking: the write fails when somebody was faster.
 */
public final class Condition {
    private static final Condition EXISTS = new Condition(Boolean.TRUE, null, null);
    private static final Condition ABSENT = new Condition(Boolean.FALSE, null, null);

    private final Boolean exists;
    private final Long version;
    private final Filter where;

    private Condition(Boolean exists, Long version, Filter where) {
        this.exists = exists;
        this.version = version;
        this.where = where;
    }

    /** The row exists. */
    public static Condition ifExists() {
        return EXISTS;
    }

    /** There is no such row. */
    public static Condition ifAbsent() {
        return ABSENT;
    }

    /** The row exists in exactly this version. */
    public static Condition ifVersion(long version) {
        return new Condition(null, version, null);
    }

    /** The row exists and passes the filter. */
    public static Condition where(Filter filter) {
        return new Condition(null, null, Objects.requireNonNull(filter, "filter"));
    }

    /** Both conditions. Where both ask for a version or for existence, the other's counts. */
    public Condition and(Condition other) {
        Filter both = where == null ? other.where : other.where == null ? where : where.and(other.where);
        return new Condition(
                other.exists != null ? other.exists : exists, other.version != null ? other.version : version, both);
    }

    public Optional<Boolean> exists() {
        return Optional.ofNullable(exists);
    }

    public OptionalLong version() {
        return version == null ? OptionalLong.empty() : OptionalLong.of(version);
    }

    public Optional<Filter> filter() {
        return Optional.ofNullable(where);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Condition that
                && Objects.equals(exists, that.exists)
                && Objects.equals(version, that.version)
                && Objects.equals(where, that.where);
    }

    @Override
    public int hashCode() {
        return Objects.hash(exists, version, where);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("Condition[");
        if (exists != null) {
            text.append(exists ? "exists " : "absent ");
        }
        if (version != null) {
            text.append("version ").append(version).append(' ');
        }
        if (where != null) {
            text.append("where ").append(where).append(' ');
        }
        return text.toString().strip() + "]";
    }
}
