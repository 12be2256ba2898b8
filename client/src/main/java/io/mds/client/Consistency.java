package io.mds.client;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How new what a read answers must be, and so who may answer it. Immutable.
 *
 * <p>Set for a client ({@link MdsClientOptions}), for a view of a table ({@link Table#with(Consistency)}) or for one scan
 * ({@link Scan#with(Consistency)}); the latter is stronger. Writes always go to the leader and are not affected.
 */
public final class Consistency {
    private static final Duration MIN_BOUND = Duration.ofMillis(1);
    private static final Duration MAX_BOUND = Duration.ofHours(1);
    private static final Pattern BOUNDED = Pattern.compile("bounded:(\\d{1,7})(ms|s|m)");

    private static final Consistency STRONG = new Consistency(Level.STRONG, Duration.ZERO);
    private static final Consistency SESSION = new Consistency(Level.SESSION, Duration.ZERO);
    private static final Consistency EVENTUAL = new Consistency(Level.EVENTUAL, Duration.ZERO);

    private final Level level;
    private final Duration maxStaleness;

    /** The kinds of consistency. */
    public enum Level {
        STRONG,
        SESSION,
        EVENTUAL,
        BOUNDED
    }

    private Consistency(Level level, Duration maxStaleness) {
        this.level = level;
        this.maxStaleness = maxStaleness;
    }

    /** Linearizable: every write that was acknowledged before the read began is seen. The leader answers. */
    public static Consistency strong() {
        return STRONG;
    }

    /**
     * The session's own writes are seen, and nothing older than what it has seen before. Any replica that has it answers.
     *
     * <p>The session is that of {@link Table#within(Session)}; without one it is the client itself.
     */
    public static Consistency session() {
        return SESSION;
    }

    /** Whatever the nearest replica has; it says how old that may be. Goes on while a shard has no leader. */
    public static Consistency eventual() {
        return EVENTUAL;
    }

    /** As {@link #eventual()}, and no older than this: 1 ms to 1 h. The leader answers when no other replica can. */
    public static Consistency bounded(Duration maxStaleness) {
        Objects.requireNonNull(maxStaleness, "maxStaleness");
        if (maxStaleness.compareTo(MIN_BOUND) < 0 || maxStaleness.compareTo(MAX_BOUND) > 0) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "maxStaleness: " + maxStaleness + " (expected: " + MIN_BOUND + " to " + MAX_BOUND + ")");
        }
        return new Consistency(Level.BOUNDED, maxStaleness);
    }

    /** Reads {@code strong}, {@code session}, {@code eventual}, {@code bounded:500ms}: what {@link #toString} writes. */
    public static Consistency parse(String text) {
        switch (text) {
            case "strong" -> {
                return STRONG;
            }
            case "session" -> {
                return SESSION;
            }
            case "eventual" -> {
                return EVENTUAL;
            }
            default -> {
                Matcher bounded = BOUNDED.matcher(text);
                if (bounded.matches()) {
                    long number = Long.parseLong(bounded.group(1));
                    return switch (bounded.group(2)) {
                        case "ms" -> bounded(Duration.ofMillis(number));
                        case "s" -> bounded(Duration.ofSeconds(number));
                        default -> bounded(Duration.ofMinutes(number));
                    };
                }
            }
        }
        throw MdsException.builder(
                        ErrorCode.INVALID_ARGUMENT,
                        "consistency: '" + text + "' (expected: strong, session, eventual, or bounded: with a time,"
                                + " such as bounded:500ms)")
                .withoutStackTrace()
                .build();
    }

    public Level level() {
        return level;
    }

    /** How old an answer may be at {@link Level#BOUNDED}; zero otherwise, where it says nothing. */
    public Duration maxStaleness() {
        return maxStaleness;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Consistency that && level == that.level && maxStaleness.equals(that.maxStaleness);
    }

    @Override
    public int hashCode() {
        return Objects.hash(level, maxStaleness);
    }

    @Override
    public String toString() {
        return switch (level) {
            case STRONG -> "strong";
            case SESSION -> "session";
            case EVENTUAL -> "eventual";
            case BOUNDED -> "bounded:" + maxStaleness.toMillis() + "ms";
        };
    }
}
