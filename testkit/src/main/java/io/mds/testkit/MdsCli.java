package io.mds.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs commands of {@code mds} against a cluster, each in a process of its own. */
public final class MdsCli {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Launch launch;
    private final String connect;

    /**
     * @param home as for {@link MdsCluster.Builder#jarsOf}; null for this JVM's class path
     * @param connect the cluster
     */
    public MdsCli(Path home, String connect) {
        this.launch = new Launch(home);
        this.connect = connect;
    }

    /**
     * How a command ended.
     *
     * @param exitCode -1 when it was not over in a minute
     */
    public record Ending(int exitCode, String output) {}

    public Ending run(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Launch.SHORT_LIVED);
        command.add("-Xmx128m");
        command.addAll(launch.cli());
        command.addAll(List.of(arguments));
        try {
            Path output = Files.createTempFile("mds-cli-", ".txt");
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
                builder.environment().put("MDS_CONNECT", connect);
                Process process = builder.start();
                boolean over = process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
                process.destroyForcibly();
                return new Ending(
                        over ? process.exitValue() : -1,
                        Files.readString(output, StandardCharsets.UTF_8).strip());
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a command ran", e);
        }
    }
}
