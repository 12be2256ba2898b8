package io.mds.torture.check;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Locale;

/**
 * One operation of a client: what it asked, when, and what came of it.
 *
 * <p>Invariant: {@code invoked <= completed}; an operation of unknown outcome has no end, so {@code completed} is
 * {@link #NEVER}. Times are nanoseconds of the recording process's monotonic clock.
 *
 * @param call what was asked
 * @param invoked just before it was sent
 * @param completed just after the answer
 * @param result what the answer said; {@link Result#UNKNOWN} when there was none
 */
public record Operation(Call call, long invoked, long completed, Result result) {
    public static final long NEVER = Long.MAX_VALUE;

    /** What can be asked. */
    public enum Kind {
        READ,
        INSERT,
        UPSERT,
        /** Sets the value if the row has the expected version. */
        UPDATE_IF,
        /** Adds the value to the row's, which must exist. */
        INCREMENT,
        DELETE,
        /** Writes the value to all rows of a group. */
        BATCH,
        /** Reads a range of rows of one shard. */
        SCAN,
        /** Reads several rows of one shard by their keys. */
        MULTI_GET;

        public boolean isRead() {
            return this == READ || this == SCAN || this == MULTI_GET;
        }
    }

    /** What a read promises; writes are always strong. */
    public enum Level {
        STRONG,
        SESSION,
        EVENTUAL,
        /** Not older than a given time before it began. */
        BOUNDED
    }

    /** How it ended, as far as the client knows. */
    public enum Outcome {
        OK,
        /** Changed nothing and never will. */
        FAIL,
        /** May have been applied, or may be at any later time, or never. */
        UNKNOWN
    }

    /** What the row was like when a write was refused, which is an observation like a read. */
    public enum Refusal {
        EXISTS,
        ABSENT,
        CONDITION
    }

    /**
     * What was asked.
     *
     * @param id unique in the history
     * @param session whose reads and writes it is one of; null for the client's own
     * @param key the row; for BATCH, SCAN and MULTI_GET the group, or null when single rows are looked at
     * @param rows of BATCH, SCAN and MULTI_GET: all rows that it covers
     * @param value what is written, or added
     * @param expected the version that UPDATE_IF demands
     * @param last whether it is one of the reads after everything was healed
     * @param boundMs of BOUNDED: how old the answer may be
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Call(
            long id,
            String client,
            String session,
            Kind kind,
            Level level,
            String key,
            List<String> rows,
            Long value,
            Long expected,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean last,
            Long boundMs) {
        public Call {
            level = level == null ? Level.STRONG : level;
            rows = rows == null ? null : List.copyOf(rows);
        }

        public static Call read(long id, String client, String key) {
            return new Call(id, client, null, Kind.READ, Level.STRONG, key, null, null, null, false, null);
        }

        public static Call delete(long id, String client, String key) {
            return new Call(id, client, null, Kind.DELETE, Level.STRONG, key, null, null, null, false, null);
        }

        /** INSERT, UPSERT or INCREMENT. */
        public static Call write(long id, String client, Kind kind, String key, long value) {
            return new Call(id, client, null, kind, Level.STRONG, key, null, value, null, false, null);
        }

        public static Call updateIf(long id, String client, String key, long expected, long value) {
            return new Call(id, client, null, Kind.UPDATE_IF, Level.STRONG, key, null, value, expected, false, null);
        }

        public static Call batch(long id, String client, String group, List<String> rows, long value) {
            return new Call(id, client, null, Kind.BATCH, Level.STRONG, group, rows, value, null, false, null);
        }

        /** SCAN or MULTI_GET; without a group each row is judged on its own. */
        public static Call look(long id, String client, Kind kind, String group, List<String> rows) {
            return new Call(id, client, null, kind, Level.STRONG, group, rows, null, null, false, null);
        }

        public Call asLast() {
            return new Call(id, client, session, kind, level, key, rows, value, expected, true, boundMs);
        }

        public Call at(Level other) {
            return new Call(id, client, session, kind, other, key, rows, value, expected, last, null);
        }

        public Call atMostOld(long ms) {
            return new Call(id, client, session, kind, Level.BOUNDED, key, rows, value, expected, last, ms);
        }

        public Call within(String other) {
            return new Call(id, client, other, kind, level, key, rows, value, expected, last, boundMs);
        }

        /** Whose reads and writes belong together. */
        String sessionName() {
            return session == null ? client : session;
        }
    }

    /**
     * What an answer said.
     *
     * @param version of a write: the row's new version
     * @param existed of a write: whether the row existed before; null when that is not known
     * @param seen of a read: the rows that exist
     * @param error for people
     * @param stalenessMs of a read: how old the answer says that it is at most; null when it does not say
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Result(
            Outcome outcome,
            Long version,
            Boolean existed,
            List<Seen> seen,
            Refusal refusal,
            String error,
            Long stalenessMs) {
        public static final Result UNKNOWN = unknown(null);

        public Result {
            seen = seen == null ? null : List.copyOf(seen);
        }

        public static Result written(long version, Boolean existed) {
            return new Result(Outcome.OK, version, existed, null, null, null, null);
        }

        public static Result seen(List<Seen> rows) {
            return new Result(Outcome.OK, null, null, rows, null, null, null);
        }

        /** As {@link #seen(List)}, by an answer that tells its age. */
        public static Result seen(List<Seen> rows, Long stalenessMs) {
            return new Result(Outcome.OK, null, null, rows, null, null, stalenessMs);
        }

        public static Result refused(Refusal refusal) {
            return new Result(Outcome.FAIL, null, null, null, refusal, null, null);
        }

        public static Result failed(String error) {
            return new Result(Outcome.FAIL, null, null, null, null, error, null);
        }

        public static Result unknown(String error) {
            return new Result(Outcome.UNKNOWN, null, null, null, null, error, null);
        }
    }

    /** A row as a read answered it. */
    public record Seen(String key, long value, long version) {}

    boolean isOk() {
        return result.outcome() == Outcome.OK;
    }

    boolean isUnknown() {
        return result.outcome() == Outcome.UNKNOWN;
    }

    boolean isStrong() {
        return !call.kind().isRead() || call.level() == Level.STRONG;
    }

    /** For people: {@code upsert 7 of hot/1 by c2 (operation 12, 1.204 to 1.207 s): version 9}. */
    String describe() {
        StringBuilder text = new StringBuilder()
                .append(isStrong() ? "" : call.level().name().toLowerCase(Locale.ROOT) + " ")
                .append(call.boundMs() == null ? "" : "to " + call.boundMs() + " ms ")
                .append(call.kind().name().toLowerCase(Locale.ROOT))
                .append(call.value() == null ? "" : " " + call.value())
                .append(call.expected() == null ? "" : " if version " + call.expected())
                .append(" of ")
                .append(call.key() == null ? call.rows() : call.key())
                .append(" by ")
                .append(call.client())
                .append(call.session() == null ? "" : " in session " + call.session());
        text.append(" (operation ").append(call.id()).append(", ").append(seconds(invoked));
        text.append(completed == NEVER ? " s, no end" : " to " + seconds(completed) + " s")
                .append("): ");
        if (!isOk()) {
            return text.append(result.refusal() == null ? result.outcome() : "refused, " + result.refusal())
                    .toString();
        }
        return text.append(result.stalenessMs() == null ? "" : "at most " + result.stalenessMs() + " ms old: ")
                .append(
                        call.kind().isRead()
                                ? result.seen().isEmpty()
                                        ? "absent"
                                        : result.seen().toString()
                                : "version " + result.version())
                .toString();
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e9);
    }
}
