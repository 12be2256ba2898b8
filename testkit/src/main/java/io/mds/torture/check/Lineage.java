package io.mds.torture.check;

import io.mds.torture.check.Step.Action;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which values of a row can still lead to what the next answers show, told from the versions in all answers; values that
 * cannot are all one: {@link Register#UNSEEN}.
 *
 * <p>Writes with known versions happen in their order, so from any version on it is known what is added until the next read
 * and whether the row is set before. Only increments of unknown outcome come on top, or a write of unknown outcome that
 * makes the value forgotten.
 */
final class Lineage {
    private final long[] versions;
    /** At each position: whether the next answer that depends on the value is a read. */
    private final boolean[] isRead;
    /** At each position: what that read shows, less what is added on the way. */
    private final long[] target;

    private final long atLeast;
    private final long atMost;

    Lineage(List<Step> steps) {
        List<Step> known = new ArrayList<>(steps.stream()
                .filter(step -> step.version() != null)
                // At one version the write comes before those that read it.
                .sorted(Comparator.comparingLong(Step::version)
                        .thenComparing(step -> step.action().observes() ? 1 : 0))
                .toList());
        int size = known.size();
        versions = known.stream().mapToLong(Step::version).toArray();
        isRead = new boolean[size + 1];
        target = new long[size + 1];
        for (int i = size - 1; i >= 0; i--) {
            Step step = known.get(i);
            if (step.action() == Action.SEE_PRESENT) {
                isRead[i] = true;
                target[i] = step.value();
            } else if (step.action() == Action.ADD) {
                isRead[i] = isRead[i + 1];
                target[i] = target[i + 1] - step.value();
            }
        }
        long less = 0;
        long more = 0;
        for (Step step : steps) {
            if (step.isUnknown() && step.action() == Action.ADD) {
                less += Math.min(0, step.value());
                more += Math.max(0, step.value());
            }
        }
        atLeast = less;
        atMost = more;
    }

    /** The same row, its value forgotten when no answer can depend on it. */
    Register forget(Register register) {
        if (!register.present() || register.value() == Register.UNSEEN) {
            return register;
        }
        int next = firstAfter(register.version());
        long missing = target[next] - register.value();
        boolean matters = isRead[next] && missing >= atLeast && missing <= atMost;
        return matters || isReadAt(register)
                ? register
                : new Register(true, Register.UNSEEN, register.version(), register.exact(), register.not());
    }

    private boolean isReadAt(Register register) {
        int before = firstAfter(register.version()) - 1;
        return register.exact() && before >= 0 && versions[before] == register.version() && isRead[before];
    }

    private int firstAfter(long version) {
        int low = 0;
        int high = versions.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (versions[middle] <= version) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
