package io.mds.bench;

import io.mds.testkit.JavaProcess;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** H2's own TCP server in a child JVM, with its usual settings: a commit is written to the disk within half a second. */
final class H2Target extends JdbcTarget {
    static final String NAME = "h2-server";

    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private final JavaProcess server;

    H2Target(Path directory) {
        super(NAME, "sa", 1);
        int port = Ports.free();
        this.server = JavaProcess.start(
                NAME,
                directory,
                directory.resolve("h2-server.log"),
                List.of(
                        "-Xmx1g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "org.h2.tools.Server",
                        "-tcp",
                        "-tcpPort",
                        Integer.toString(port),
                        "-ifNotExists",
                        "-baseDir",
                        directory.toString()));
        String url = "jdbc:h2:tcp://127.0.0.1:" + port + "/./bench";
        connectTo(url);
        Ports.awaitServer(NAME, START_LIMIT, server::output, () -> {
            try {
                DriverManager.getConnection(url, "sa", "").close();
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
    }

    @Override
    String upsertStatement() {
        return "MERGE INTO rows KEY (dir, name) VALUES (?, ?, ?, ?, ?, ?, ?)";
    }

    @Override
    public void close() {
        super.close();
        server.close();
    }
}
