package io.mds.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What a compiler and a formatter do not see: the size of files, names that say nothing, packages without a description,
 * work left for later.
 */
class TidyTest {
    private static final int MAX_LINES = 400;

    /** Files that may be longer, and why; the limit of each only shrinks. */
    private static final Map<String, Integer> LONGER_FILES = Map.of();

    private static final Set<String> SKIPPED_DIRECTORIES = Set.of("target", ".git", "node_modules");

    /** Letter by letter, so that this file passes its own test. */
    private static final Pattern LEFT_FOR_LATER = Pattern.compile("\\b(T[O]DO|F[I]XME|X[X]X)\\b");

    private static final Pattern EMPTY_NAME = Pattern.compile(
            "\\b(?:class|interface|enum|record)\\s+(\\w*(?:Util|Utils|Helper|Helpers|Manager|Impl))\\b");

    private static Path root;
    private static List<Path> javaFiles;

    @BeforeAll
    static void findJavaFiles() throws IOException {
        root = Path.of("..").toRealPath();
        assertThat(root.resolve("common-proto/pom.xml"))
                .as("the tests run in their module's directory")
                .exists();
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                String name = String.valueOf(directory.getFileName());
                return SKIPPED_DIRECTORIES.contains(name) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".java")) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        javaFiles = found.stream().sorted().toList();
        assertThat(javaFiles).hasSizeGreaterThan(20);
    }

    /** Asks a check about every Java file, and fails with all problems that it reports. */
    private static void forEachFile(BiConsumer<SourceFile, List<String>> check) throws IOException {
        List<String> problems = new ArrayList<>();
        for (Path path : javaFiles) {
            check.accept(new SourceFile(root.relativize(path).toString(), Files.readAllLines(path)), problems);
        }
        assertThat(problems).isEmpty();
    }

    private record SourceFile(String name, List<String> lines) {
        void report(Pattern pattern, List<String> problems) {
            for (int i = 0; i < lines.size(); i++) {
                if (pattern.matcher(lines.get(i)).find()) {
                    problems.add(name + ":" + (i + 1) + ": " + lines.get(i).strip());
                }
            }
        }
    }

    @Test
    void filesAreShortEnoughToRead() throws IOException {
        forEachFile((file, problems) -> {
            int limit = LONGER_FILES.getOrDefault(file.name(), MAX_LINES);
            if (file.lines().size() > limit) {
                problems.add(file.name() + ": " + file.lines().size() + " lines (limit: " + limit
                        + "); split it by what its parts are about");
            }
        });
    }

    @Test
    void nothingIsLeftForLater() throws IOException {
        forEachFile((file, problems) -> file.report(LEFT_FOR_LATER, problems));
    }

    @Test
    void namesSayWhatAClassIs() throws IOException {
        forEachFile((file, problems) -> file.report(EMPTY_NAME, problems));
    }

    @Test
    void javaIsIndentedWithSpaces() throws IOException {
        forEachFile((file, problems) -> file.report(Pattern.compile("\t"), problems));
    }

    @Test
    void everyPackageSaysWhatItIsFor() {
        assertThat(javaFiles.stream()
                        .map(Path::getParent)
                        .distinct()
                        .filter(directory ->
                                root.relativize(directory).toString().contains("src/main/java"))
                        .filter(directory -> !Files.exists(directory.resolve("package-info.java")))
                        .map(directory -> root.relativize(directory).toString()))
                .as("packages without package-info.java")
                .isEmpty();
    }
}
