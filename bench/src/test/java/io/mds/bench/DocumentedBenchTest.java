package io.mds.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every {@code mds bench} that README and docs show has options that there are. */
class DocumentedBenchTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern SHOWN = Pattern.compile("(?m)^(?:\\$ )?\\./mds bench\\b([^#|>\\n]*)");

    @Test
    void whatIsShownIsUnderstood() throws IOException {
        int understood = 0;
        List<Path> documents;
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            documents = Stream.concat(
                            Stream.of(ROOT.resolve("README.md")),
                            docs.filter(file -> file.toString().endsWith(".md")))
                    .toList();
        }
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
        for (Path document : documents) {
            for (MatchResult shown :
                    SHOWN.matcher(Files.readString(document)).results().toList()) {
                String options = shown.group(1).strip();
                assertThatCode(() -> BenchMain.commandLine(nowhere, nowhere)
                                .parseArgs(options.isEmpty() ? new String[0] : options.split("\\s+")))
                        .as(document.getFileName() + ": " + shown.group())
                        .doesNotThrowAnyException();
                understood++;
            }
        }
        assertThat(understood).isGreaterThan(10);
    }
}
