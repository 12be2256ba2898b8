package io.mds.torture.check;

/**
 * One row as a sequential execution would leave it; immutable.
 *
 * <p>After a write of unknown outcome the version is not known exactly: it is greater than {@code version}, and the next
 * read tells.
 *
 * @param exact whether {@code version} is the row's own, rather than something that was before
 */
record Register(boolean present, long value, long version, boolean exact) {
    /** Stands for each value that no answer to come depends on. */
    static final long UNSEEN = Long.MIN_VALUE;

    static final Register EMPTY = new Register(false, 0, 0, false);

    /** The row after the step, or null when the step is not possible here. */
    Register after(Step step) {
        return switch (step.action()) {
            case SEE_PRESENT -> seen(step);
            case SEE_ABSENT -> present ? null : this;
            case SEE_EXISTS -> present ? this : null;
            case SEE_OTHER_VERSION -> present && exact && version == step.expected() ? null : this;
            case SET -> written(step, true, step.value());
            case SET_IF_ABSENT -> present ? null : written(step, true, step.value());
            case SET_IF_VERSION -> mayHave(step.expected()) ? written(step, true, step.value()) : null;
            case ADD -> present ? written(step, true, value == UNSEEN ? UNSEEN : value + step.value()) : null;
            case REMOVE -> written(step, false, 0);
        };
    }

    private Register seen(Step step) {
        if (!present || value != step.value()) {
            return null;
        }
        if (step.version() == null) {
            return this;
        }
        if (exact ? version != step.version() : version >= step.version()) {
            return null;
        }
        return new Register(true, value, step.version(), true);
    }

    private boolean mayHave(long expected) {
        return present && (exact ? version == expected : version < expected);
    }

    private Register written(Step step, boolean nowPresent, long newValue) {
        if (step.existed() != null && step.existed() != present) {
            return null;
        }
        if (step.version() == null) {
            long floor = step.action() == Step.Action.SET_IF_VERSION ? step.expected() : version;
            return new Register(nowPresent, newValue, floor, false);
        }
        return step.version() > version ? new Register(nowPresent, newValue, step.version(), true) : null;
    }

    /** Whether an operation whose answer tells this version cannot come any more. */
    boolean isPast(long toCome, boolean observes) {
        return toCome < version || (toCome == version && !(exact && observes));
    }

    /** Whether everything that is possible after the other is possible after this one as well. */
    boolean coversVersionOf(Register other) {
        return exact ? version == other.version : version <= other.version;
    }

    @Override
    public String toString() {
        String at = (exact ? "version " : "a version after ") + version;
        return present
                ? (value == UNSEEN ? "a value that is not read later" : value) + " at " + at
                : "absent since " + at;
    }
}
