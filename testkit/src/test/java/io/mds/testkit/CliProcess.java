package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.testkit.Cli.Ending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the command line as its users do: one process for each command, without a terminal. */
final class CliProcess implements Cli.Program {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path directory;
    private final List<String> program;

    /**
     * @param directory where commands run, and leave what they wrote
     * @param program what comes before the arguments
     */
    private CliProcess(Path directory, List<String> program) {
        this.directory = directory;
        this.program = program;
    }

    /** From the jar, on this JVM. */
    static CliProcess byJar(Path directory, String connect) {
        List<String> jar = new Launch(Path.of(System.getProperty("mds.root"))).cli();
        SharedClasses classes =
                new SharedClasses("cli", jar.get(1), Launch.join(jar, List.of("status", "--connect", connect)));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new CliProcess(
                directory, Launch.join(List.of(java), Launch.SHORT_LIVED, List.of("-Xmx128m"), classes.options(), jar));
    }

    /** By the script that users start. */
    static CliProcess byScript(Path directory, Path script) {
        return new CliProcess(directory, List.of("bash", script.toString()));
    }

    @Override
    public Ending run(List<String> arguments, Map<String, String> environment, String input) throws IOException {
        Path in = Files.createTempFile(directory, "in", ".txt");
        Path out = Files.createTempFile(directory, "out", ".txt");
        Path err = Files.createTempFile(directory, "err", ".txt");
        Files.writeString(in, input);
        ProcessBuilder builder = new ProcessBuilder(Launch.join(program, arguments))
                .directory(directory.toFile())
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("MDS_") || name.startsWith("JAVA_TOOL"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        boolean over = end(process);
        Ending ending =
                new Ending(arguments, over ? process.exitValue() : -1, Files.readString(out), Files.readString(err));
        assertThat(over).as("over within " + LIMIT + ": " + ending).isTrue();
        Files.delete(in);
        Files.delete(out);
        Files.delete(err);
        return ending;
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
