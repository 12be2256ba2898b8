package io.mds.torture.check;

import java.util.Set;
import java.util.TreeSet;

/**
 * One row as a sequential execution would leave it; immutable.
 *
 * <p>After a write of unknown outcome the version is not known exactly: it is greater than {@code version}, and the next
 * read tells. Versions are whole numbers, and each write has one of its own.
 *
 * @param exact whether {@code version} is the row's own, rather than something that was before
 * @param not which versions above {@code version}, and not the next one, it is known not to have; empty when it is exact
 */
record Register(boolean present, long value, long version, boolean exact, Set<Long> not) {
    /** Stands for each value that no answer to come depends on. */
    static final long UNSEEN = Long.MIN_VALUE;

    static final Register EMPTY = new Register(false, 0, 0, true);

    Register(boolean present, long value, long version, boolean exact) {
        this(present, value, version, exact, Set.of());
    }

    /** The row after the step, or null when the step is not possible here. */
    Register after(Step step) {
        return switch (step.action()) {
            case SEE_PRESENT -> seen(step);
            case SEE_ABSENT -> present ? null : this;
            case SEE_EXISTS -> present ? this : null;
            case SEE_OTHER_VERSION -> otherThan(step.expected());
            case SET -> written(step, true, step.value());
            case SET_IF_ABSENT -> present ? null : written(step, true, step.value());
            case SET_IF_VERSION -> mayHave(step.expected()) ? written(step, true, step.value()) : null;
            case ADD -> present ? written(step, true, value == UNSEEN ? UNSEEN : value + step.value()) : null;
            // To remove what is not there changes nothing: unless it is told, it may as well not have happened.
            case REMOVE -> present || step.version() != null ? written(step, false, 0) : null;
        };
    }

    private Register seen(Step step) {
        if (!present || value != step.value()) {
            return null;
        }
        if (step.version() == null) {
            return this;
        }
        return mayHave(step.version()) ? new Register(true, value, step.version(), true) : null;
    }

    private boolean mayHave(long expected) {
        return present && (exact ? version == expected : version < expected && !not.contains(expected));
    }

    private Register otherThan(long expected) {
        if (!mayHave(expected)) {
            return this;
        }
        if (exact) {
            return null;
        }
        Set<Long> more = new TreeSet<>(not);
        more.add(expected);
        long floor = version;
        while (more.remove(floor + 1)) {
            floor++;
        }
        return new Register(true, value, floor, false, more);
    }

    private Register written(Step step, boolean nowPresent, long newValue) {
        if (step.existed() != null && step.existed() != present) {
            return null;
        }
        long atLeast = step.action() == Step.Action.SET_IF_VERSION ? step.expected() : lowestVersion();
        if (step.version() == null) {
            return new Register(nowPresent, newValue, atLeast, false);
        }
        return step.version() > atLeast ? new Register(nowPresent, newValue, step.version(), true) : null;
    }

    private long lowestVersion() {
        return exact ? version : version + 1;
    }

    /** Whether an operation whose answer tells this version cannot come any more. */
    boolean isPast(long toCome, boolean observes) {
        return observes ? toCome < lowestVersion() : toCome <= lowestVersion();
    }

    /** Whether everything that is possible after the other, which is as exact, is possible after this one as well. */
    boolean coversVersionOf(Register other) {
        if (exact) {
            return version == other.version;
        }
        return version <= other.version
                && not.stream().allMatch(each -> each <= other.version || other.not.contains(each));
    }

    @Override
    public String toString() {
        String at = (exact ? "version " : "a version after ") + version + (not.isEmpty() ? "" : ", none of " + not);
        return present
                ? (value == UNSEEN ? "a value that is not read later" : value) + " at " + at
                : "absent since " + at;
    }
}
