package io.mds.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** A new directory for the files of a run's servers, removed with all that is in it at the end. */
record WorkDirectory(Path path) implements AutoCloseable {
    /** @throws ParameterException when there is something of that name already */
    static WorkDirectory make(Path directory, CommandLine command) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        if (Files.exists(absolute)) {
            throw new ParameterException(
                    command, absolute + " exists already; it stays as it is: remove it, or choose another with --dir");
        }
        return new WorkDirectory(Files.createDirectories(absolute));
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
