package io.mds.cli;

import io.mds.cli.where.SyntaxException;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.function.Supplier;

/** A command that cannot go on, with its exit code and one line for a person. */
final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final String code;
    private final String detail;

    private CommandException(int exitCode, String code, String message, String detail) {
        super(message, null, false, false);
        this.exitCode = exitCode;
        this.code = code;
        this.detail = detail;
    }

    /** The command line, a file named on it, or the configuration is at fault. */
    static CommandException usage(String message) {
        return new CommandException(ExitCode.USAGE, "USAGE", message, null);
    }

    /** As {@link #usage(String)}, with the place in the text of an option. */
    static CommandException syntax(String option, SyntaxException at) {
        return new CommandException(ExitCode.USAGE, "USAGE", option + ": " + at.describe(), at.pointer());
    }

    static CommandException notFound(String message) {
        return new CommandException(ExitCode.NOT_FOUND, ErrorCode.NOT_FOUND.name(), message, null);
    }

    static CommandException failed(String message) {
        return new CommandException(ExitCode.FAILED, "FAILED", message, null);
    }

    /** The value; what the user wrote is at fault when it cannot be made. */
    static <T> T checked(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (SyntaxException e) {
            throw syntax(option, e);
        } catch (IllegalArgumentException e) {
            throw usage(option + ": " + e.getMessage());
        } catch (MdsException e) {
            throw e.code() == ErrorCode.INVALID_ARGUMENT ? usage(option + ": " + e.getMessage()) : e;
        }
    }

    int exitCode() {
        return exitCode;
    }

    /** For programs: an error code of MDS, or USAGE or FAILED. */
    String code() {
        return code;
    }

    /** More lines for people, or null. */
    String detail() {
        return detail;
    }
}
