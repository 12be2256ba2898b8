package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.error.MdsException;
import io.mds.proto.Outcome;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine.MaxValuesExceededException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * A failure as the user sees it: one line, or one JSON object.
 *
 * @param code an error code of MDS, USAGE, FAILED or DEFECT
 * @param message for people
 * @param detail more lines for people, or null
 * @param retryable whether the same command can succeed later
 * @param outcomeUnknown whether a write may have been applied in spite of the failure
 */
record ErrorReport(
        int exitCode, String code, String message, String detail, boolean retryable, boolean outcomeUnknown) {

    static ErrorReport of(Throwable failure) {
        if (failure instanceof CommandException e) {
            return new ErrorReport(e.exitCode(), e.code(), e.getMessage(), e.detail(), false, false);
        }
        if (failure instanceof MdsException e) {
            return new ErrorReport(
                    ExitCode.of(e),
                    e.code().name(),
                    e.getMessage(),
                    null,
                    e.isRetryable() || (ExitCode.of(e) == ExitCode.UNAVAILABLE && e.outcome() != Outcome.UNKNOWN),
                    e.outcome() == Outcome.UNKNOWN);
        }
        if (failure instanceof ParameterException e) {
            return usage(e);
        }
        if (failure instanceof UncheckedIOException e) {
            return of(e.getCause());
        }
        if (failure instanceof java.io.IOException e) {
            return new ErrorReport(ExitCode.FAILED, "FAILED", describe(e), null, false, false);
        }
        return new ErrorReport(
                ExitCode.FAILED,
                "DEFECT",
                "a defect in this program: " + failure + "; set MDS_LOG=debug to see where, and please report it",
                null,
                false,
                false);
    }

    private static ErrorReport usage(ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        StringBuilder message = new StringBuilder(problem(e));
        if (e instanceof UnmatchedArgumentException unmatched && !(e instanceof MaxValuesExceededException)) {
            var suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                message.append("; did you mean ")
                        .append(String.join(" or ", suggestions.subList(0, Math.min(3, suggestions.size()))));
                message.append('?');
            }
        }
        message.append(" (see '").append(command).append(" --help')");
        return new ErrorReport(ExitCode.USAGE, "USAGE", message.toString(), null, false, false);
    }

    /** What picocli says, but a word where a command should be is no "unmatched argument" to anybody else. */
    private static String problem(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched
                && !(e instanceof MaxValuesExceededException)
                && !unmatched.isUnknownOption()
                && !unmatched.getUnmatched().isEmpty()
                && !e.getCommandLine().getSubcommands().isEmpty()) {
            return "there is no command '" + unmatched.getUnmatched().get(0) + "'";
        }
        return e.getMessage();
    }

    /** The messages of file errors are often the bare path. */
    private static String describe(java.io.IOException e) {
        String path = e.getMessage();
        if (e instanceof NoSuchFileException) {
            return path + ": no such file or directory";
        }
        if (e instanceof AccessDeniedException) {
            return path + ": permission denied";
        }
        if (e instanceof NotDirectoryException) {
            return path + ": not a directory";
        }
        if (e instanceof FileAlreadyExistsException) {
            return path + ": exists already";
        }
        return path == null ? e.getClass().getSimpleName() : path;
    }

    int print(Session session, boolean json) {
        var err = session.streams().err();
        if (json) {
            err.println(RootCommand.jsonText(generator -> {
                generator.writeStartObject();
                generator.writeObjectFieldStart("error");
                generator.writeStringField("code", code);
                generator.writeStringField("message", message);
                generator.writeBooleanField("retryable", retryable);
                generator.writeBooleanField("outcome_unknown", outcomeUnknown);
                generator.writeNumberField("exit_code", exitCode);
                generator.writeEndObject();
                generator.writeEndObject();
            }));
        } else {
            String note = outcomeUnknown ? " (the write may have been applied, or not)" : "";
            err.println(session.errorStyle().bad("mds:") + " " + oneLine(message) + note);
            if (detail != null) {
                err.println(detail);
            }
        }
        err.flush();
        return exitCode;
    }

    /** Several problems of a configuration come on several lines. */
    private static String oneLine(String text) {
        String joined = text.strip().replaceAll(":\\s*\\R\\s*", ": ").replaceAll("\\s*\\R\\s*", "; ");
        return Cells.printable(joined);
    }
}
