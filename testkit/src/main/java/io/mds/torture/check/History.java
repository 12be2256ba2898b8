package io.mds.torture.check;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All operations of a run, and what else happened; one JSON object per line in a file, in the order of recording.
 *
 * <p>A line has a time and exactly one of: a call that begins, a result with the id of its call, a note (a fault, a
 * phase). A call without a result is of unknown outcome. The first line's note names the format.
 *
 * @param operations in the order in which they began
 */
public record History(List<Operation> operations, List<Note> notes) {
    static final String FORMAT = "mds-history-1";
    static final JsonMapper MAPPER = new JsonMapper();

    public History {
        operations = List.copyOf(operations);
        notes = List.copyOf(notes);
    }

    /** Something that is not an operation. */
    public record Note(long time, String text) {}

    /**
     * One line of the file.
     *
     * @param t nanoseconds of the recording process's monotonic clock
     * @param id of the call that the result is of
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Line(long t, Call call, Long id, Result result, String note) {}

    /**
     * Reads a history file. A last line that was cut off is left out: the run was killed.
     *
     * @throws IllegalArgumentException when the file is not a history, with the line
     */
    public static History read(Path file) {
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            return read(file.toString(), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static History read(String name, BufferedReader lines) throws IOException {
        Map<Long, Integer> positions = new HashMap<>();
        List<Operation> operations = new ArrayList<>();
        List<Note> notes = new ArrayList<>();
        int number = 0;
        for (String text = lines.readLine(); text != null; text = lines.readLine()) {
            number++;
            Line line;
            try {
                line = MAPPER.readValue(text, Line.class);
            } catch (JsonProcessingException e) {
                if (number > 1 && lines.readLine() == null) {
                    break;
                }
                throw problem(name, number, "not a line of a history: " + e.getOriginalMessage());
            }
            if (number == 1 && !FORMAT.equals(line.note())) {
                throw problem(name, number, "'" + line.note() + "' (expected: the note " + FORMAT + ")");
            }
            if (line.call() != null) {
                if (positions.put(line.call().id(), operations.size()) != null) {
                    throw problem(name, number, "operation " + line.call().id() + " begins twice");
                }
                operations.add(new Operation(line.call(), line.t(), Operation.NEVER, Result.UNKNOWN));
            } else if (line.result() != null) {
                Integer position = positions.get(line.id());
                if (position == null) {
                    throw problem(name, number, "operation " + line.id() + " ends before it begins");
                }
                Operation begun = operations.get(position);
                operations.set(position, ended(begun, line));
            } else if (line.note() != null && number > 1) {
                notes.add(new Note(line.t(), line.note()));
            }
        }
        return new History(operations, notes);
    }

    private static Operation ended(Operation begun, Line line) {
        boolean unknown = line.result().outcome() == Operation.Outcome.UNKNOWN;
        return new Operation(begun.call(), begun.invoked(), unknown ? Operation.NEVER : line.t(), line.result());
    }

    private static IllegalArgumentException problem(String name, int line, String what) {
        return new IllegalArgumentException(name + ", line " + line + ": " + what);
    }
}
