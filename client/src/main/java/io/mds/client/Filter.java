package io.mds.client;

/**
 * A condition over the columns of one row; made by {@link Filters}. Immutable.
 *
 * <p>A comparison with NULL is false, whichever side NULL is on; ask {@link Filters#isNull}.
 */
public sealed interface Filter permits FilterNode {

    /** Both this and the other. */
    default Filter and(Filter other) {
        return Filters.and(this, other);
    }

    /** This or the other, or both. */
    default Filter or(Filter other) {
        return Filters.or(this, other);
    }
}
