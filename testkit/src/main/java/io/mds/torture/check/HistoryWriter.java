package io.mds.torture.check;

import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Result;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Writes a history line by line, so that what was recorded is there whatever happens to the run.
 *
 * <p>Thread: any. Invariant: a call's time is taken before it is sent, a result's after it came, and both before waiting
 * for the file: an operation looks longer than it was, never shorter.
 */
public final class HistoryWriter implements AutoCloseable {
    private final BufferedWriter out;
    private final LongSupplier clock;

    /**
     * @param clock nanoseconds that never go back
     */
    public HistoryWriter(Path file, LongSupplier clock) {
        this.clock = clock;
        try {
            this.out = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written: " + e.getMessage(), e);
        }
        note(History.FORMAT);
    }

    /** Says that an operation is about to be sent. */
    public void begin(Call call) {
        write(new History.Line(clock.getAsLong(), call, null, null, null));
    }

    /** Says what came of an operation. */
    public void end(Call call, Result result) {
        write(new History.Line(clock.getAsLong(), null, call.id(), result, null));
    }

    public void note(String text) {
        write(new History.Line(clock.getAsLong(), null, null, null, text));
    }

    /** Writes a history that is in memory. */
    public static void write(Path file, History history) {
        try (HistoryWriter writer = new HistoryWriter(file, () -> 0)) {
            for (Operation operation : history.operations()) {
                writer.write(new History.Line(operation.invoked(), operation.call(), null, null, null));
                if (operation.completed() != Operation.NEVER) {
                    writer.write(new History.Line(
                            operation.completed(), null, operation.call().id(), operation.result(), null));
                }
            }
            for (History.Note note : history.notes()) {
                writer.write(new History.Line(note.time(), null, null, null, note.text()));
            }
        }
    }

    private void write(History.Line line) {
        try {
            String text = History.MAPPER.writeValueAsString(line);
            synchronized (out) {
                out.write(text);
                out.newLine();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the history cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            synchronized (out) {
                out.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the history cannot be written: " + e.getMessage(), e);
        }
    }
}
