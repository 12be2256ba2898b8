package io.mds.cli;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;

/** How a command ends, for scripts. */
final class ExitCode {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NOT_FOUND = 3;
    /** Trying again later can help. */
    static final int UNAVAILABLE = 4;

    private ExitCode() {}

    static int of(MdsException failure) {
        return of(failure.code());
    }

    private static int of(ErrorCode code) {
        return switch (code) {
            case NOT_FOUND -> NOT_FOUND;
            case NOT_LEADER, STALE_ROUTE, RESOURCE_EXHAUSTED, UNAVAILABLE, DEADLINE_EXCEEDED -> UNAVAILABLE;
            case ALREADY_EXISTS,
                    CONDITION_FAILED,
                    INVALID_ARGUMENT,
                    UNAUTHENTICATED,
                    PERMISSION_DENIED,
                    INTERNAL,
                    ERROR_CODE_UNSPECIFIED,
                    UNRECOGNIZED -> FAILED;
        };
    }
}
