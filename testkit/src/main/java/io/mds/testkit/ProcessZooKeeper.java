package io.mds.testkit;

import java.nio.file.Path;
import java.util.List;

/** ZooKeeper in a child JVM. */
final class ProcessZooKeeper implements ZooKeeperNode {
    private final Path directory;
    private final int port;
    private final List<String> program;
    private JavaProcess process;

    /**
     * @param program JVM arguments that run {@link TestkitMain}
     */
    ProcessZooKeeper(Path directory, int port, List<String> program) {
        this.directory = directory;
        this.port = port;
        this.program = program;
    }

    @Override
    public synchronized void start() {
        if (process != null && process.isAlive()) {
            return;
        }
        List<String> arguments = Launch.join(
                // A state of 100,000 tables has room, too; a small one does not make use of it.
                List.of("-Xmx1g"),
                program,
                List.of("zookeeper", "--data", "data", "--port", Integer.toString(port), "--control"));
        JavaProcess started = JavaProcess.start("zookeeper", directory, directory.resolve("zookeeper.log"), arguments);
        process = started;
        Await.until(
                "ZooKeeper answers on port " + port,
                () -> started.output().contains("ZooKeeper is ready") || !started.isAlive());
        if (!started.isAlive()) {
            throw new IllegalStateException("ZooKeeper ended at once: " + started.output());
        }
    }

    @Override
    public synchronized void stop() {
        if (process != null) {
            process.stop();
        }
    }

    @Override
    public synchronized void expireSession(long sessionId) {
        process.tell("expire " + Long.toHexString(sessionId));
    }

    @Override
    public synchronized void cutSession(long sessionId) {
        process.tell("cut " + Long.toHexString(sessionId));
    }

    @Override
    public String connectString() {
        return "127.0.0.1:" + port;
    }

    long pid() {
        return process.pid();
    }

    @Override
    public synchronized void close() {
        if (process != null) {
            process.close();
        }
    }
}
