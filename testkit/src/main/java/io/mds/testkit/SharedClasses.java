package io.mds.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An archive of the classes that a program loads, from which a JVM takes them instead of reading and verifying them anew:
 * a child starts with about half the work. It is made once for each build, by running the program.
 *
 * <p>Only where the property {@value #DIRECTORY} says where to keep archives; without it, or when none can be made, children
 * start without one, and nothing else differs.
 *
 * <p>Thread: any, and any number of JVMs: the first makes the archive, the others wait for it.
 */
final class SharedClasses {
    private static final String DIRECTORY = "mds.testkit.shared-classes";
    private static final Duration LIMIT = Duration.ofSeconds(90);
    /** An archive that does not suit the JVM is left aside silently: output belongs to the program. */
    private static final List<String> SILENT = List.of("-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off");

    private final String name;
    private final String classPath;
    private final List<String> training;

    /**
     * @param classPath the jars, as the children are given them
     * @param training JVM arguments that run the program until it ends by itself
     */
    SharedClasses(String name, String classPath, List<String> training) {
        this.name = name;
        this.classPath = classPath;
        this.training = training;
    }

    /** JVM options for a child with this class path; empty when there is no archive for it. */
    List<String> options() {
        synchronized (SharedClasses.class) {
            return optionsAlone();
        }
    }

    private List<String> optionsAlone() {
        String directory = System.getProperty(DIRECTORY, "");
        if (directory.isEmpty()) {
            return List.of();
        }
        Path kept = Path.of(directory).toAbsolutePath();
        Path archive = kept.resolve(name + ".jsa");
        try {
            Files.createDirectories(kept);
            try (FileChannel lock = FileChannel.open(
                            kept.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock held = lock.lock()) {
                Path contents = kept.resolve(name + ".contents");
                String wanted = contents();
                if (!held.isValid()
                        || !Files.exists(contents)
                        || !Files.readString(contents).equals(wanted)) {
                    Files.deleteIfExists(archive);
                    make(kept, archive);
                    // Also where none could be made: the next one need not try again.
                    Files.writeString(contents, wanted);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep archives of classes in " + kept + ": " + e.getMessage(), e);
        }
        return Files.exists(archive) ? Launch.join(SILENT, List.of("-XX:SharedArchiveFile=" + archive)) : List.of();
    }

    private void make(Path kept, Path archive) throws IOException {
        Path unfinished = kept.resolve(name + ".unfinished");
        Files.deleteIfExists(unfinished);
        try (JavaProcess process = JavaProcess.start(
                name + "-classes",
                kept,
                kept.resolve(name + ".log"),
                Launch.join(SILENT, List.of("-XX:+UseSerialGC", "-XX:ArchiveClassesAtExit=" + unfinished), training))) {
            if (process.awaitEnd(LIMIT) && process.exitCode() == 0 && Files.exists(unfinished)) {
                Files.move(unfinished, archive, StandardCopyOption.REPLACE_EXISTING);
            } else {
                System.err.println("no archive of classes for " + name + ", see " + process.log());
            }
        }
    }

    /** What an archive depends on: the JVM, and each jar as it is now. */
    private String contents() throws IOException {
        StringBuilder text = new StringBuilder(System.getProperty("java.vm.version"));
        for (String entry : classPath.split(Pattern.quote(System.getProperty("path.separator")), -1)) {
            Path file = Path.of(entry);
            text.append('\n').append(file);
            if (Files.exists(file)) {
                text.append(' ').append(Files.size(file)).append(' ').append(Files.getLastModifiedTime(file));
            }
        }
        return text.append('\n').toString();
    }
}
