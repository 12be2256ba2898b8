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

/**
 * One child JVM with its output in a file, and the signals that tests send it. It never outlives this JVM.
 *
 * <p>Thread: any; the operating system serialises signals.
 */
public final class JavaProcess implements AutoCloseable {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final String name;
    private final Process process;
    private final Path log;
    private final long logStart;
    private final Thread reaper;

    private JavaProcess(String name, Process process, Path log, long logStart) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.logStart = logStart;
        this.reaper = new Thread(process::destroyForcibly, "reap-" + name);
        Runtime.getRuntime().addShutdownHook(reaper);
    }

    /**
     * Starts {@code java ARGUMENTS} with output appended to {@code log}. What the caller's environment sets for his own
     * servers and tools is not for it: its arguments say everything.
     *
     * @param arguments JVM options, then {@code -jar FILE} or {@code -cp PATH MAIN}, then the program's arguments
     */
    public static JavaProcess start(String name, Path directory, Path log, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        try {
            Files.createDirectories(directory);
            Files.createDirectories(log.toAbsolutePath().getParent());
            long logStart = Files.exists(log) ? Files.size(log) : 0;
            ProcessBuilder builder = withoutSettings(new ProcessBuilder(command))
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            return new JavaProcess(name, builder.start(), log, logStart);
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": cannot start " + command + ": " + e.getMessage(), e);
        }
    }

    /** Takes the variables that configure MDS out of the environment of a child. */
    static ProcessBuilder withoutSettings(ProcessBuilder child) {
        child.environment().keySet().removeIf(variable -> variable.startsWith("MDS_"));
        return child;
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** The exit code, once it is over. */
    public int exitCode() {
        return process.exitValue();
    }

    /** {@code kill -9}: nothing of the process runs any more when this returns. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd(STOP_LIMIT);
    }

    /** {@code kill -STOP}: the process stands still and its connections stay open. */
    public void pause() {
        signal("STOP");
    }

    /** {@code kill -CONT}. */
    public void resume() {
        signal("CONT");
    }

    /** {@code kill -TERM}, and -9 when it has not ended after 30 s. */
    public void stop() {
        process.destroy();
        if (!awaitEnd(STOP_LIMIT)) {
            kill();
        }
    }

    /** Waits for the end; false when the limit passed first. */
    public boolean awaitEnd(Duration limit) {
        try {
            boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (ended) {
                forgetReaper();
            }
            return ended;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the end of " + name, e);
        }
    }

    private void forgetReaper() {
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException e) {
            // This JVM is going down itself: the hook has done or will do its work.
        }
    }

    /** Sends one line to its standard input. */
    void tell(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": cannot write '" + line + "' to its input: " + e.getMessage(), e);
        }
    }

    public Path log() {
        return log;
    }

    /** What it has printed so far; not what an earlier process left in the same file. */
    public String output() {
        try {
            byte[] all = Files.readAllBytes(log);
            int from = (int) Math.min(logStart, all.length);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": cannot read " + log + ": " + e.getMessage(), e);
        }
    }

    private void signal(String signal) {
        try {
            int code = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("kill -" + signal + " " + process.pid() + " (" + name + ") failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run kill: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while signalling " + name, e);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            // A paused process does not hear TERM, and -9 ends it all the same.
            kill();
        }
    }
}
