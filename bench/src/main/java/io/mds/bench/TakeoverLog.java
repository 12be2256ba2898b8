package io.mds.bench;

import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a master logged of its takeover.
 *
 * @param hot whether it had the state already; otherwise it read all of it for this
 * @param tookMillis from its turn in the election to its serving
 * @param steps the parts of that, for people
 */
record TakeoverLog(boolean hot, long tookMillis, String steps) {
    private static final Pattern KIND = Pattern.compile("\\b(hot|cold) takeover at entry ");
    private static final Pattern TOOK = Pattern.compile("\\btakeover took (\\d+) ms \\(([^)]*)\\)");

    /** The last one in the log of one process; empty while it has not ended. */
    static Optional<TakeoverLog> last(String log) {
        Optional<MatchResult> kind = lastMatch(KIND, log);
        Optional<MatchResult> took = lastMatch(TOOK, log);
        if (kind.isEmpty() || took.isEmpty() || took.get().start() < kind.get().start()) {
            return Optional.empty();
        }
        return Optional.of(new TakeoverLog(
                kind.get().group(1).equals("hot"),
                Long.parseLong(took.get().group(1)),
                took.get().group(2)));
    }

    private static Optional<MatchResult> lastMatch(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        Optional<MatchResult> last = Optional.empty();
        while (matcher.find()) {
            last = Optional.of(matcher.toMatchResult());
        }
        return last;
    }
}
