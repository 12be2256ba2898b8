package io.mds.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The known name that a misspelt one was probably meant to be. */
final class NearestName {
    /** Letters that may be wrong, missing or too many. */
    private static final int NEAR = 4;

    private NearestName() {}

    static Optional<String> of(String name, Collection<String> known) {
        return known.stream()
                .filter(candidate -> distance(candidate, name) <= NEAR)
                .min(Comparator.comparingInt(candidate -> distance(candidate, name)));
    }

    /** Levenshtein's edit distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int same = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(same, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
