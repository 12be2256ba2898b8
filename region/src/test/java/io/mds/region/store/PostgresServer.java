package io.mds.region.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A PostgreSQL server of its own for tests, on a free port, where the machine has its programs. */
final class PostgresServer implements AutoCloseable {
    private final Path data;
    private final Process process;
    private final int port;

    private PostgresServer(Path data, Process process, int port) {
        this.data = data;
        this.process = process;
        this.port = port;
    }

    /** Where initdb and postgres are; empty when the machine has none. */
    static Optional<Path> programs() throws IOException {
        Path packaged = Path.of("/usr/lib/postgresql");
        List<Path> candidates = new ArrayList<>();
        if (Files.isDirectory(packaged)) {
            try (Stream<Path> versions = Files.list(packaged)) {
                versions.sorted(Comparator.reverseOrder())
                        .map(version -> version.resolve("bin"))
                        .forEach(candidates::add);
            }
        }
        for (String directory : System.getenv("PATH").split(":", -1)) {
            candidates.add(Path.of(directory));
        }
        return candidates.stream()
                .filter(each ->
                        Files.isExecutable(each.resolve("initdb")) && Files.isExecutable(each.resolve("postgres")))
                .findFirst();
    }

    static PostgresServer start(Path programs, Path directory) throws IOException, InterruptedException {
        Path data = Files.createDirectories(directory.resolve("pgdata"));
        List<String> asUser = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // The server refuses to run as root.
            String user = run(List.of("id", "-u", "postgres")) == 0 ? "postgres" : "nobody";
            asUser.addAll(List.of("runuser", "-u", user, "--"));
            run(List.of("chown", user, data.toString()));
            run(List.of("chmod", "755", directory.toString()));
        }
        List<String> initdb = new ArrayList<>(asUser);
        initdb.addAll(List.of(
                programs.resolve("initdb").toString(),
                "-D",
                data.toString(),
                "-U",
                "mds",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync"));
        if (run(initdb) != 0) {
            throw new IOException("initdb failed: " + initdb);
        }
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        List<String> server = new ArrayList<>(asUser);
        server.addAll(List.of(
                programs.resolve("postgres").toString(),
                "-D",
                data.toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "fsync=off"));
        Process process = new ProcessBuilder(server)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("postgres.log").toFile())
                .start();
        return new PostgresServer(data, process, port);
    }

    private static int run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("no end in 60 s: " + command);
        }
        return process.exitValue();
    }

    String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    boolean isRunning() {
        return process.isAlive();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        // The first line of the file is the server's own process id, also when another program started it.
        Path pidFile = data.resolve("postmaster.pid");
        if (Files.exists(pidFile)) {
            long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).trim());
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
        } else {
            process.destroy();
        }
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
