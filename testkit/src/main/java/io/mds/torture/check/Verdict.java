package io.mds.torture.check;

import java.util.ArrayList;
import java.util.List;

/**
 * What the checks say of a history.
 *
 * @param findings empty when the history is as it must be
 */
public record Verdict(List<Finding> findings) {
    /** As many steps as the search for an order may try on one row. */
    public static final long EFFORT = 20_000_000;

    public Verdict {
        findings = List.copyOf(findings);
    }

    /** Runs all checks. */
    public static Verdict of(History history, long effortPerRow) {
        List<Operation> operations = history.operations();
        List<Finding> findings = new ArrayList<>();
        findings.addAll(FinalReads.check(operations));
        findings.addAll(Versions.check(operations));
        findings.addAll(Batches.check(operations));
        findings.addAll(Sessions.check(operations));
        findings.addAll(Staleness.check(operations));
        findings.addAll(new Linearizability(effortPerRow).check(operations));
        return new Verdict(findings);
    }

    public boolean isViolated() {
        return findings.stream().anyMatch(Finding::decided);
    }

    /** Nothing is wrong as far as it could be decided, and not everything could. */
    public boolean isUndecided() {
        return !findings.isEmpty() && !isViolated();
    }

    public boolean isValid() {
        return findings.isEmpty();
    }

    /** {@code valid}, {@code violated} or {@code undecided}. */
    public String word() {
        return isValid() ? "valid" : isViolated() ? "violated" : "undecided";
    }
}
