package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Runs the command line as its users do: one process for each command, from the jar, without a terminal. */
final class CliProcess {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final List<String> program;
    private final Map<String, String> environment;
    private final String input;

    private CliProcess(Path directory, List<String> program, Map<String, String> environment, String input) {
        this.directory = directory;
        this.program = program;
        this.environment = environment;
        this.input = input;
    }

    /**
     * @param directory where commands run, and leave what they wrote
     * @param connect the cluster, by the environment
     */
    CliProcess(Path directory, String connect) {
        this(directory, program(connect), Map.of("MDS_CONNECT", connect), "");
    }

    /** The same by the script that users start. */
    static CliProcess byScript(Path directory, Path script, String connect) {
        return new CliProcess(
                directory,
                List.of("bash", script.toString()),
                Map.of("MDS_CONNECT", connect, "JAVA_HOME", System.getProperty("java.home")),
                "");
    }

    private static List<String> program(String connect) {
        List<String> jar = new Launch(Path.of(System.getProperty("mds.root"))).cli();
        SharedClasses classes =
                new SharedClasses("cli", jar.get(1), Launch.join(jar, List.of("status", "--connect", connect)));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return Launch.join(List.of(java), Launch.SHORT_LIVED, List.of("-Xmx128m"), classes.options(), jar);
    }

    /** The same with one more variable in the environment; null takes it out. */
    CliProcess with(String variable, String value) {
        Map<String, String> changed = new TreeMap<>(environment);
        if (value == null) {
            changed.remove(variable);
        } else {
            changed.put(variable, value);
        }
        return new CliProcess(directory, program, changed, input);
    }

    /** The same with this text to read. */
    CliProcess reading(String text) {
        return new CliProcess(directory, program, environment, text);
    }

    /** How a command ended, and what it said. */
    record Ending(List<String> command, int exitCode, String out, String err) {
        @Override
        public String toString() {
            return "mds " + String.join(" ", command) + "\nexit code " + exitCode + "\n--- output\n" + out
                    + "--- errors\n" + err;
        }

        JsonNode json() {
            return parse(out);
        }

        List<JsonNode> jsonLines() {
            return out.lines().map(this::parse).toList();
        }

        private JsonNode parse(String text) {
            try {
                return JSON.readTree(text);
            } catch (JsonProcessingException e) {
                throw new AssertionError("not JSON: " + this, e);
            }
        }
    }

    /** Runs a command that succeeds and has nothing to complain about; answers its output. */
    String ok(String... arguments) {
        Ending ending = run(arguments);
        assertThat(ending.exitCode()).as(ending.toString()).isZero();
        assertThat(ending.err()).as(ending.toString()).isEmpty();
        return ending.out();
    }

    JsonNode json(String... arguments) {
        String out = ok(arguments);
        return new Ending(List.of(arguments), 0, out, "").json();
    }

    /** Runs a command that fails with one line and without a stack trace; answers that line. */
    String fails(int exitCode, String... arguments) {
        Ending ending = run(arguments);
        assertThat(ending.exitCode()).as(ending.toString()).isEqualTo(exitCode);
        assertThat(ending.out()).as(ending.toString()).isEmpty();
        assertThat(ending.err().lines()).as(ending.toString()).hasSize(1);
        assertThat(ending.err()).as(ending.toString()).doesNotContain("Exception", "\tat ", "a defect");
        return ending.err().strip();
    }

    Ending run(String... arguments) {
        List<String> command = Launch.join(program, List.of(arguments));
        try {
            Path in = Files.createTempFile(directory, "in", ".txt");
            Path out = Files.createTempFile(directory, "out", ".txt");
            Path err = Files.createTempFile(directory, "err", ".txt");
            Files.writeString(in, input);
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("MDS_") || name.startsWith("JAVA_TOOL"));
            builder.environment().putAll(environment);
            Process process = builder.start();
            boolean over = end(process);
            Ending ending = new Ending(
                    List.of(arguments), over ? process.exitValue() : -1, Files.readString(out), Files.readString(err));
            assertThat(over).as("over within " + LIMIT + ": " + ending).isTrue();
            Files.delete(in);
            Files.delete(out);
            Files.delete(err);
            return ending;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command, e);
        }
    }

    private static boolean end(Process process) {
        try {
            return process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while a command ran", e);
        } finally {
            process.destroyForcibly();
        }
    }
}
