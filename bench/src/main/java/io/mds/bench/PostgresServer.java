package io.mds.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL server process with a data directory of its own, on a free loopback port. It never outlives this JVM.
 *
 * <p>PostgreSQL refuses to run as root: then it runs as the user {@code postgres}, that its packages create.
 */
final class PostgresServer implements AutoCloseable {
    static final String USER = "bench";

    private static final List<String> PROGRAMS = List.of("initdb", "postgres", "pg_basebackup");
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final String SETTINGS = """
            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            max_connections = 200
            shared_buffers = 256MB
            max_wal_size = 2GB
            fsync = on
            synchronous_commit = on
            """;

    private final Process process;
    private final int port;
    private final Path log;
    private final Thread reaper;

    private PostgresServer(Process process, int port, Path log) {
        this.process = process;
        this.port = port;
        this.log = log;
        this.reaper = new Thread(process::destroy, "reap-postgresql");
        Runtime.getRuntime().addShutdownHook(reaper);
    }

    /** The directory of {@link #PROGRAMS}, when they are installed. */
    static Optional<Path> programs() {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            Path candidate = Path.of(directory);
            if (PROGRAMS.stream().allMatch(program -> Files.isExecutable(candidate.resolve(program)))) {
                return Optional.of(candidate);
            }
        }
        if (!Files.isDirectory(DEBIAN)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(DEBIAN)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> PROGRAMS.stream().allMatch(program -> Files.isExecutable(bin.resolve(program))))
                    .max(Comparator.comparing(Path::toString));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + DEBIAN + ": " + e.getMessage(), e);
        }
    }

    /** A server that nobody copies. */
    static PostgresServer start(Path directory) {
        return initialized(directory, "");
    }

    /**
     * A server that answers a commit when one of its standbys has it on disk, too. It answers none before one is there.
     *
     * @param standbys names of those that will be started
     */
    static PostgresServer startPrimary(Path directory, List<String> standbys) {
        return initialized(
                directory,
                "wal_level = replica\nmax_wal_senders = 10\nsynchronous_standby_names = 'ANY 1 ("
                        + String.join(", ", standbys) + ")'\n");
    }

    private static PostgresServer initialized(Path directory, String settings) {
        return start(
                directory,
                settings,
                List.of("initdb", "--username=" + USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"));
    }

    /** A copy of this server that goes on to take everything that this one writes. */
    PostgresServer startStandby(Path directory, String name) {
        return start(
                directory,
                "cluster_name = '" + name + "'\nsynchronous_standby_names = ''\n",
                List.of(
                        "pg_basebackup",
                        "--host=127.0.0.1",
                        "--port=" + port,
                        "--username=" + USER,
                        "--checkpoint=fast",
                        "--write-recovery-conf",
                        "--no-sync"));
    }

    /** @param maker the command, without the option for the directory, that makes the data directory */
    private static PostgresServer start(Path directory, String settings, List<String> maker) {
        Path programs = programs()
                .orElseThrow(() -> new IllegalStateException("PostgreSQL is not installed: there is no "
                        + String.join(", ", PROGRAMS) + " on the PATH or below " + DEBIAN));
        int port = Ports.free();
        Path data = directory.resolve("data");
        Path log = directory.resolve("postgresql.log");
        try {
            Files.createDirectories(directory);
            if (isRoot()) {
                await(run(log, List.of("chown", "postgres", directory.toString())), log, "chown");
            }
            List<String> making = new ArrayList<>(maker);
            making.set(0, programs.resolve(maker.get(0)).toString());
            making.add("--pgdata=" + data);
            await(run(log, asServer(making)), log, maker.get(0));
            Path own = directory.resolve("bench.conf");
            Files.writeString(own, SETTINGS + settings + "port = " + port + "\n");
            // What comes last counts: a copy includes the settings of its original, too.
            Files.writeString(data.resolve("postgresql.conf"), "include '" + own + "'\n", StandardOpenOption.APPEND);
            PostgresServer server = new PostgresServer(
                    run(log, asServer(List.of(programs.resolve("postgres").toString(), "-D", data.toString()))),
                    port,
                    log);
            try {
                Ports.awaitServer("postgresql", START_LIMIT, () -> read(log), server::answers);
            } catch (RuntimeException e) {
                server.close();
                throw e;
            }
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start PostgreSQL in " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Returns when commits wait for one of so many standbys, and all of them keep up. */
    void awaitStandbys(int count) {
        Ports.awaitServer("postgresql with " + count + " standbys", START_LIMIT, () -> read(log), () -> {
            try (Connection connection = DriverManager.getConnection(jdbcUrl(), USER, "");
                    Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery("SELECT count(*) FROM pg_stat_replication"
                            + " WHERE state = 'streaming' AND sync_state = 'quorum'")) {
                return result.next() && result.getInt(1) == count;
            } catch (SQLException e) {
                return false;
            }
        });
    }

    String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    }

    private boolean answers() {
        try {
            DriverManager.getConnection(jdbcUrl(), USER, "").close();
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    /** The command itself, or the command as the user postgres: without a shell between, so that signals arrive. */
    private static List<String> asServer(List<String> command) {
        if (!isRoot()) {
            return command;
        }
        List<String> changed =
                new ArrayList<>(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"));
        changed.addAll(command);
        return changed;
    }

    private static Process run(Path log, List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private static void await(Process process, Path log, String what) {
        if (!ended(process) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IllegalStateException(what + " failed; it printed:\n" + read(log));
        }
    }

    private static boolean ended(Process process) {
        try {
            return process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for PostgreSQL", e);
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(nothing can be read: " + e.getMessage() + ")";
        }
    }

    @Override
    public void close() {
        // SIGINT is PostgreSQL's fast shutdown; SIGTERM, which Java sends, waits for clients: all are closed by now.
        process.destroy();
        if (!ended(process)) {
            process.destroyForcibly();
        }
        Runtime.getRuntime().removeShutdownHook(reaper);
    }
}
