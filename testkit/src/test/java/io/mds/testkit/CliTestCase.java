package io.mds.testkit;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of one master and three regions, and the command line. */
abstract class CliTestCase {
    static MdsCluster cluster;

    @TempDir
    Path directory;

    Cli mds;

    @BeforeAll
    static void start() {
        // Long sessions: nothing dies here, and a busy machine must not make it look so
        cluster = MdsCluster.builder()
                .masters(1)
                .regions(3)
                .withoutProxies()
                .set("zookeeper.session-timeout", "30s")
                .start();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void connect() {
        mds = new Cli(program(), cluster.connectString());
    }

    /** What runs the commands of the next test. */
    abstract Cli.Program program();
}
