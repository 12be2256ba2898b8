package io.mds.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Every command that README and docs show is one that there is, with options that there are. */
class DocumentedCommandsTest {
    private static final Path ROOT = Path.of("..");
    /** What the script mds gives to other programs. */
    private static final Set<String> ELSEWHERE =
            Set.of("master", "zookeeper", "zkcli", "quickstart", "simulate", "torture", "bench");

    private static final Pattern SHOWN = Pattern.compile("(?:\\$ )?(?:\\./)?mds( .*)?");
    private static final Pattern IN_A_SENTENCE = Pattern.compile("`(?:\\./)?mds ([a-z][a-z-]*)([^`]*)`");
    private static final Pattern BESIDE = Pattern.compile("(\\s+#|;) .*");
    /** The end of a command for the shell: a pipe, another file, another command. */
    private static final Pattern BEYOND = Pattern.compile("[|<>;&].*");

    private final CommandLine mds = MdsCommand.allCommands(new Session(
            Session.Streams.plain(
                    InputStream.nullInputStream(),
                    new PrintStream(PrintStream.nullOutputStream()),
                    new PrintStream(PrintStream.nullOutputStream())),
            Map.of(),
            null,
            options -> {
                throw new AssertionError("nothing is run");
            }));

    private static List<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(
                            Stream.of(ROOT.resolve("README.md")),
                            docs.filter(file -> file.toString().endsWith(".md")))
                    .sorted()
                    .toList();
        }
    }

    /** The words of each command in blocks of code; a backslash at the end of a line continues it. */
    private static List<List<String>> commandsIn(Path document) throws IOException {
        List<List<String>> commands = new ArrayList<>();
        boolean code = false;
        StringBuilder open = new StringBuilder();
        for (String line : Files.readAllLines(document)) {
            if (line.startsWith("```")) {
                code = !code;
                continue;
            }
            if (!code || (open.length() == 0 && !SHOWN.matcher(line).matches())) {
                continue;
            }
            if (line.endsWith("\\")) {
                open.append(line, 0, line.length() - 1).append(' ');
                continue;
            }
            List<String> words = Words.split(BESIDE.matcher(open.append(line)).replaceFirst(""));
            open.setLength(0);
            int from = words.get(0).equals("$") ? 2 : 1;
            commands.add(words.subList(from, words.size()).stream()
                    .takeWhile(word -> !BEYOND.matcher(word).matches())
                    .toList());
        }
        return commands;
    }

    @Test
    void whatBlocksOfCodeShowIsUnderstood() throws IOException {
        List<String> wrong = new ArrayList<>();
        int understood = 0;
        for (Path document : documents()) {
            for (List<String> words : commandsIn(document)) {
                boolean server = words.size() > 1
                        && words.get(0).equals("region")
                        && words.get(1).startsWith("-");
                if (words.isEmpty() || server || ELSEWHERE.contains(words.get(0))) {
                    continue;
                }
                try {
                    mds.parseArgs(words.toArray(String[]::new));
                    understood++;
                } catch (ParameterException e) {
                    wrong.add(document.getFileName() + ": mds " + String.join(" ", words) + ": " + e.getMessage());
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(understood).as("commands found").isGreaterThan(50);
    }

    @Test
    void whatSentencesNameIsThere() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path document : documents()) {
            IN_A_SENTENCE
                    .matcher(Files.readString(document).replaceAll("(?ms)^```.*?^```", ""))
                    .results()
                    .filter(found -> !ELSEWHERE.contains(found.group(1)))
                    .filter(found -> !mds.getSubcommands().containsKey(found.group(1)))
                    .forEach(found -> wrong.add(document.getFileName() + ": " + found.group()));
        }
        assertThat(wrong).isEmpty();
    }
}
