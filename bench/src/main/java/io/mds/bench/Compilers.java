package io.mds.bench;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The just-in-time compilers of this JVM and of all that it has started: while they are at work, a figure says how young the
 * JVMs are. Known on Linux alone; elsewhere they seem to do nothing. Thread: one.
 */
final class Compilers {
    private Map<Path, Duration> before = Map.of();
    private long beforeNanos = System.nanoTime();

    /** Processor time of all compiler threads since the last call, in cores: 0.5 is half a processor. */
    double coresSinceLastAsked() {
        Map<Path, Duration> now = processorTimes();
        long nowNanos = System.nanoTime();
        double nanos = 0;
        for (Map.Entry<Path, Duration> thread : now.entrySet()) {
            nanos += thread.getValue()
                    .minus(before.getOrDefault(thread.getKey(), Duration.ZERO))
                    .toNanos();
        }
        double cores = nanos / (nowNanos - beforeNanos);
        before = now;
        beforeNanos = nowNanos;
        return cores;
    }

    private static Map<Path, Duration> processorTimes() {
        Map<Path, Duration> times = new HashMap<>();
        ProcessHandle self = ProcessHandle.current();
        Stream.concat(Stream.of(self), self.descendants())
                .forEach(process -> addThreads(Path.of("/proc", Long.toString(process.pid()), "task"), times));
        return times;
    }

    private static void addThreads(Path tasks, Map<Path, Duration> times) {
        if (!Files.isDirectory(tasks)) {
            return;
        }
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                if (isCompiler(Files.readString(thread.resolve("comm")))) {
                    times.put(thread, MasterUsage.processorTime(Files.readString(thread.resolve("stat"))));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // The process or a thread of it has just ended: what it did is nobody's burden any more.
        }
    }

    /** Linux cuts names of threads after 15 characters. */
    static boolean isCompiler(String name) {
        return name.startsWith("C1 CompilerThre") || name.startsWith("C2 CompilerThre");
    }
}
