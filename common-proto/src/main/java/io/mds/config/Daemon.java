package io.mds.config;

import io.mds.error.MdsException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a daemon's process: command line, configuration, start, and an orderly end at SIGTERM.
 *
 * <p>Exit codes: 0 after an orderly end or {@code --help}, 2 for a configuration or address that cannot be used, 1 when the
 * start failed otherwise.
 */
public final class Daemon {
    private static final String LOGBACK_FILE = "logback.configurationFile";
    private static final String LEAK_DETECTION = "io.netty.leakDetection.level";

    private Daemon() {}

    /** Loads with its first use, which must come after {@link #configureLogging}. */
    private static final class Log {
        private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
    }

    /**
     * Runs until the process is told to end.
     *
     * @param reference resource with every key and its default
     * @param starter makes and starts the daemon, and gives what closes it
     * @return the exit code, when it could not start
     */
    public static int run(
            String name, String reference, String[] args, PrintStream err, Function<Settings, AutoCloseable> starter) {
        return run(name, reference, args, System.getenv(), err, starter);
    }

    static int run(
            String name,
            String reference,
            String[] args,
            Map<String, String> environment,
            PrintStream err,
            Function<Settings, AutoCloseable> starter) {
        AutoCloseable daemon;
        try {
            Optional<DaemonCommandLine> line = DaemonCommandLine.parse(name, args, System.out);
            if (line.isEmpty()) {
                return 0;
            }
            configureLogging(line.get().config(), reference);
            configureNetwork();
            Settings settings = Settings.load(line.get().config(), line.get().overrides(), environment, reference);
            if (!settings.strayVariables().isEmpty()) {
                Log.LOG.warn(
                        "environment variables that belong to no key of {} are ignored: {}",
                        name,
                        String.join(", ", settings.strayVariables()));
            }
            daemon = starter.apply(settings);
            Log.LOG.info(
                    "{} {} runs with {}", name, DaemonCommandLine.version(), String.join(", ", settings.describe()));
        } catch (ConfigException e) {
            e.getMessage().lines().forEach(problem -> err.println(name + ": " + problem));
            return ConfigException.EXIT_CODE;
        } catch (MdsException e) {
            err.println(name + ": " + e.getMessage());
            return ConfigException.EXIT_CODE;
        } catch (RuntimeException e) {
            Log.LOG.error("{} could not start", name, e);
            err.println(name + ": could not start: " + e.getMessage());
            return 1;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(name, daemon), name + "-shutdown"));
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    /** Unless told otherwise: logback.xml beside the configuration file, or the one that is packed beside the defaults. */
    private static void configureLogging(Path config, String reference) {
        if (System.getProperty(LOGBACK_FILE) != null) {
            return;
        }
        Path beside = config == null ? null : config.toAbsolutePath().resolveSibling("logback.xml");
        System.setProperty(
                LOGBACK_FILE,
                beside != null && Files.isReadable(beside)
                        ? beside.toString()
                        : reference.substring(0, reference.lastIndexOf('/') + 1) + "logback.xml");
    }

    /**
     * Unless told otherwise, no buffer is watched for leaks: Netty takes a stack trace for some of them, which was 1.5 % of what
     * regions under writes did. Tests watch all.
     */
    private static void configureNetwork() {
        System.getProperties().putIfAbsent(LEAK_DETECTION, "disabled");
    }

    private static void close(String name, AutoCloseable daemon) {
        Log.LOG.info("{} is told to end", name);
        try {
            daemon.close();
        } catch (Exception e) {
            Log.LOG.error("{} did not end in order", name, e);
        }
    }
}
