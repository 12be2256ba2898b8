package io.mds.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The file of {@code --json}: one object for each figure, a line each. Confined to the thread of the command. */
final class FigureFile {
    private final Path path;
    private final List<Object> figures = new ArrayList<>();

    /** @param path null for no file */
    FigureFile(Path path) {
        this.path = path;
    }

    /** Writes the file anew, so that a run that is ended early leaves what it has. */
    void add(Object figure) {
        figures.add(figure);
        if (path == null) {
            return;
        }
        ObjectMapper mapper = new ObjectMapper();
        StringBuilder lines = new StringBuilder();
        try {
            for (Object each : figures) {
                lines.append(mapper.writeValueAsString(each)).append('\n');
            }
            Files.writeString(path, lines, StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a figure cannot be written as JSON", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + path + ": " + e.getMessage(), e);
        }
    }
}
