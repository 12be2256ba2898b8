package io.mds.error;

import io.mds.proto.Address;
import io.mds.proto.Error;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.ShardRoute;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A request that failed, with a code that programs can act on and a message that people can.
 *
 * <p>The {@link #outcome()} says what is known about the request's effects: {@link Outcome#NOT_APPLIED} is a promise
 * that it changed nothing and never will; {@link Outcome#UNKNOWN} is the absence of that promise.
 *
 * <p>Exceptions rebuilt from a peer's answer carry no stack trace: the trace of the decoding thread would mislead, and
 * filling it in costs more than the answer itself.
 */
public final class MdsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final boolean retryable;
    private final Duration retryAfter;
    private final Outcome outcome;
    private final transient Address activeMaster;
    private final transient ShardRoute route;
    private final int operation;
    private final boolean fromPeer;

    private MdsException(Builder builder) {
        super(builder.message, builder.cause, false, builder.stackTrace);
        this.code = builder.code;
        this.retryable = builder.retryable;
        this.retryAfter = builder.retryAfter;
        this.outcome = builder.outcome;
        this.activeMaster = builder.activeMaster;
        this.route = builder.route;
        this.operation = builder.operation;
        this.fromPeer = builder.fromPeer;
    }

    /** An error of the given code that promises nothing was applied; retryable as {@link Builder#retryable} says. */
    public static MdsException of(ErrorCode code, String message) {
        return builder(code, message).build();
    }

    public static Builder builder(ErrorCode code, String message) {
        return new Builder(code, message);
    }

    /** The exception that a peer described. An unknown code becomes {@link ErrorCode#INTERNAL}. */
    public static MdsException fromProto(Error error) {
        ErrorCode code = error.getCode();
        if (code == ErrorCode.UNRECOGNIZED || code == ErrorCode.ERROR_CODE_UNSPECIFIED) {
            code = ErrorCode.INTERNAL;
        }
        Builder builder = new Builder(code, error.getMessage());
        builder.stackTrace = false;
        builder.fromPeer = true;
        builder.retryable = error.getRetryable();
        builder.retryAfter = Duration.ofMillis(Integer.toUnsignedLong(error.getRetryAfterMs()));
        builder.outcome = error.getOutcome() == Outcome.NOT_APPLIED ? Outcome.NOT_APPLIED : Outcome.UNKNOWN;
        builder.activeMaster = error.hasActiveMaster() ? error.getActiveMaster() : null;
        builder.route = error.hasRoute() ? error.getRoute() : null;
        builder.operation = error.hasOperation() ? error.getOperation() : -1;
        return builder.build();
    }

    /** Whether the peer answered so; false when this side found that it cannot be reached or does not answer. */
    public boolean isFromPeer() {
        return fromPeer;
    }

    public Error toProto() {
        Error.Builder error = Error.newBuilder()
                .setCode(code)
                .setMessage(getMessage())
                .setRetryable(retryable)
                .setRetryAfterMs((int) Math.min(retryAfter.toMillis(), Integer.MAX_VALUE))
                .setOutcome(outcome);
        if (activeMaster != null) {
            error.setActiveMaster(activeMaster);
        }
        if (route != null) {
            error.setRoute(route);
        }
        if (operation >= 0) {
            error.setOperation(operation);
        }
        return error.build();
    }

    public ErrorCode code() {
        return code;
    }

    /** True when the same request, sent again (for NOT_LEADER: elsewhere), can succeed. */
    public boolean isRetryable() {
        return retryable;
    }

    /** How long to wait before a retry; zero leaves it to the caller. */
    public Duration retryAfter() {
        return retryAfter;
    }

    /** {@link Outcome#NOT_APPLIED} or {@link Outcome#UNKNOWN}. */
    public Outcome outcome() {
        return outcome;
    }

    /** Where the active master is, when a standby refused and knew. */
    public Optional<Address> activeMaster() {
        return Optional.ofNullable(activeMaster);
    }

    /** The newer route of the shard, when a region refused and knew. */
    public Optional<ShardRoute> route() {
        return Optional.ofNullable(route);
    }

    /** Zero-based position of the operation that failed its batch. */
    public OptionalInt operation() {
        return operation >= 0 ? OptionalInt.of(operation) : OptionalInt.empty();
    }

    @Override
    public String toString() {
        return "MdsException[" + code + ", " + outcome + "]: " + getMessage();
    }

    /** Collects what is known of a failure; the defaults follow from the code. */
    public static final class Builder {
        private final ErrorCode code;
        private final String message;
        private boolean retryable;
        private Duration retryAfter = Duration.ZERO;
        private Outcome outcome = Outcome.NOT_APPLIED;
        private Address activeMaster;
        private ShardRoute route;
        private int operation = -1;
        private Throwable cause;
        private boolean stackTrace = true;
        private boolean fromPeer;

        private Builder(ErrorCode code, String message) {
            this.code = Objects.requireNonNull(code, "code");
            this.message = Objects.requireNonNull(message, "message");
            this.retryable = retryableByNature(code);
        }

        private static boolean retryableByNature(ErrorCode code) {
            return switch (code) {
                case NOT_LEADER, STALE_ROUTE, RESOURCE_EXHAUSTED, UNAVAILABLE -> true;
                case NOT_FOUND,
                        ALREADY_EXISTS,
                        CONDITION_FAILED,
                        INVALID_ARGUMENT,
                        UNAUTHENTICATED,
                        PERMISSION_DENIED,
                        DEADLINE_EXCEEDED,
                        INTERNAL,
                        ERROR_CODE_UNSPECIFIED,
                        UNRECOGNIZED -> false;
            };
        }

        public Builder retryable(boolean value) {
            this.retryable = value;
            return this;
        }

        public Builder retryAfter(Duration value) {
            this.retryAfter = Objects.requireNonNull(value, "retryAfter");
            return this;
        }

        public Builder outcome(Outcome value) {
            this.outcome = Objects.requireNonNull(value, "outcome");
            return this;
        }

        public Builder outcomeUnknown() {
            return outcome(Outcome.UNKNOWN);
        }

        public Builder activeMaster(Address value) {
            this.activeMaster = value;
            return this;
        }

        public Builder route(ShardRoute value) {
            this.route = value;
            return this;
        }

        public Builder operation(int value) {
            this.operation = value;
            return this;
        }

        public Builder cause(Throwable value) {
            this.cause = value;
            return this;
        }

        /** Leaves the stack trace out, for refusals on hot paths and faults of the user. */
        public Builder withoutStackTrace() {
            this.stackTrace = false;
            return this;
        }

        public MdsException build() {
            return new MdsException(this);
        }
    }
}
