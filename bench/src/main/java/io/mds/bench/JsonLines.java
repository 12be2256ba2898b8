package io.mds.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@code --json} asks for: a file with one JSON object for each result. Confined to the thread of the run. */
final class JsonLines {
    private final Path file;
    private final ObjectMapper mapper = new ObjectMapper();
    private final StringBuilder lines = new StringBuilder();

    /** @param file null when nobody asks for it */
    JsonLines(Path file) {
        this.file = file;
    }

    /** Written anew with each result, so that a run that is ended early leaves what it has. */
    void add(Object result) {
        if (file == null) {
            return;
        }
        try {
            lines.append(mapper.writeValueAsString(result)).append('\n');
            Files.writeString(file, lines, StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result cannot be written as JSON", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }
}
