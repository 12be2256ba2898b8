package io.mds.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The name of a file on the command line. */
final class FileArgument {
    private FileArgument() {}

    static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw CommandException.usage(name + ": no file can have this name in the encoding of the locale, "
                    + System.getProperty("sun.jnu.encoding") + " (LC_ALL=C.UTF-8 in the environment helps)");
        }
    }

    /** A file that can be made, or made anew. */
    static Path newFile(String name) {
        Path file = path(name);
        if (Files.isDirectory(file)) {
            throw CommandException.usage(name + ": is a directory (expected: the name of a file)");
        }
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null && !Files.isDirectory(directory)) {
            throw CommandException.usage(name + ": there is no directory " + directory);
        }
        return file;
    }
}
