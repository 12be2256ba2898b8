package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.rpc.Deadline;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Turns what futures fail with into {@link MdsException}s. */
public final class Failures {
    private Failures() {}

    /** The failure without the wrapping of futures; a defect becomes INTERNAL. */
    public static MdsException unwrap(Throwable error) {
        Throwable cause = error;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof MdsException known) {
            return known;
        }
        return MdsException.builder(ErrorCode.INTERNAL, "the client failed: " + cause)
                .cause(cause)
                .outcomeUnknown()
                .build();
    }

    /** The same failure with another message and outcome. */
    static MdsException retold(MdsException e, String message, Outcome outcome) {
        return copy(e, message, outcome).withoutStackTrace().build();
    }

    /** The same failure with the stack trace of the calling thread, which shows the user where the call was made. */
    public static MdsException atCaller(MdsException e) {
        return copy(e, e.getMessage(), e.outcome()).build();
    }

    /** The table that a call was encoded for is no more; one of its name may be. */
    static MdsException tableReplaced() {
        return MdsException.builder(ErrorCode.STALE_ROUTE, "the table was dropped while the call was under way")
                .retryable(false)
                .withoutStackTrace()
                .build();
    }

    /**
     * A call that has come to its deadline.
     *
     * @param last why its last attempt failed; null for none
     */
    static MdsException expired(String what, MdsException last) {
        boolean overload = last != null && last.code() == ErrorCode.RESOURCE_EXHAUSTED;
        return MdsException.builder(
                        overload ? ErrorCode.RESOURCE_EXHAUSTED : ErrorCode.DEADLINE_EXCEEDED,
                        what + (last == null ? "" : "; last: " + last.getMessage()))
                .withoutStackTrace()
                .build();
    }

    /** Which of two failures of attempts to tell: that the end came during one says less than why those before it failed. */
    static MdsException moreTelling(MdsException beforeOrNull, MdsException latest, Deadline deadline) {
        boolean endOnly = latest.code() == ErrorCode.DEADLINE_EXCEEDED && deadline.isExpired();
        return beforeOrNull != null && endOnly ? beforeOrNull : latest;
    }

    /** Whether a call that failed like this can be made anew for the table that has the name now. */
    public static boolean isTableReplaced(MdsException e) {
        return e.code() == ErrorCode.STALE_ROUTE && !e.isRetryable() && e.outcome() == Outcome.NOT_APPLIED;
    }

    /** The same failure of another operation, as the user counts them. */
    public static MdsException withOperation(MdsException e, int operation) {
        return copy(e, e.getMessage(), e.outcome())
                .operation(operation)
                .withoutStackTrace()
                .build();
    }

    /** The failure of something that has parts, some of which may have succeeded. */
    public static MdsException partly(MdsException first, String prefix, boolean nothingApplied) {
        Outcome outcome = nothingApplied ? Outcome.NOT_APPLIED : Outcome.UNKNOWN;
        return retold(first, prefix + first.getMessage(), outcome);
    }

    private static MdsException.Builder copy(MdsException e, String message, Outcome outcome) {
        MdsException.Builder copy = MdsException.builder(e.code(), message)
                .retryable(e.isRetryable())
                .retryAfter(e.retryAfter())
                .outcome(outcome)
                .cause(e.getStackTrace().length > 0 ? e : e.getCause());
        e.activeMaster().ifPresent(copy::activeMaster);
        e.route().ifPresent(copy::route);
        e.operation().ifPresent(copy::operation);
        return copy;
    }
}
