package io.mds.torture.check;

/**
 * Something that a history shows and that must not be, or that could not be decided.
 *
 * @param check which promise
 * @param row where
 * @param what for people, with the operations concerned
 */
public record Finding(String check, String row, String what, boolean decided) {
    static Finding violation(String check, String row, String what) {
        return new Finding(check, row, what, true);
    }

    static Finding undecided(String check, String row, String what) {
        return new Finding(check, row, what, false);
    }

    @Override
    public String toString() {
        return check + (decided ? "" : " (undecided)") + ", " + row + ": " + what;
    }
}
