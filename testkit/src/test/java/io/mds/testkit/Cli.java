package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Calls the command line, with an environment and with text to read, and looks at how each command ends. */
final class Cli {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Program program;
    private final Map<String, String> environment;
    private final String input;

    private Cli(Program program, Map<String, String> environment, String input) {
        this.program = program;
        this.environment = environment;
        this.input = input;
    }

    /** @param connect the cluster, by the environment */
    Cli(Program program, String connect) {
        this(program, Map.of("MDS_CONNECT", connect), "");
    }

    /** What runs the commands. */
    interface Program {
        Ending run(List<String> arguments, Map<String, String> environment, String input) throws IOException;
    }

    /** The same with one more variable in the environment; null takes it out. */
    Cli with(String variable, String value) {
        Map<String, String> changed = new TreeMap<>(environment);
        if (value == null) {
            changed.remove(variable);
        } else {
            changed.put(variable, value);
        }
        return new Cli(program, changed, input);
    }

    /** The same with this text to read. */
    Cli reading(String text) {
        return new Cli(program, environment, text);
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
        try {
            return program.run(List.of(arguments), environment, input);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run mds " + String.join(" ", arguments), e);
        }
    }
}
