package io.mds.testkit;

import java.nio.file.Path;
import java.util.List;

/** A member that runs in a child JVM. */
final class ProcessMember implements Member, AutoCloseable {
    private final Role role;
    private final String name;
    private final Path directory;
    private final List<String> arguments;
    private final Entrance entrance;
    private final int adminPort;
    private JavaProcess process;

    ProcessMember(Role role, String name, Path directory, List<String> arguments, Entrance entrance, int adminPort) {
        this.role = role;
        this.name = name;
        this.directory = directory;
        this.arguments = arguments;
        this.entrance = entrance;
        this.adminPort = adminPort;
    }

    @Override
    public Role role() {
        return role;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int port() {
        return entrance.port();
    }

    @Override
    public int adminPort() {
        return adminPort;
    }

    @Override
    public synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    @Override
    public synchronized void start() {
        if (!isRunning()) {
            process = JavaProcess.start(name, directory, directory.resolve(name + ".log"), arguments);
        }
    }

    @Override
    public synchronized void stop() {
        if (process != null) {
            process.stop();
        }
    }

    @Override
    public synchronized void kill() {
        if (process != null) {
            process.kill();
        }
    }

    @Override
    public synchronized void pause() {
        process.pause();
    }

    @Override
    public synchronized void resume() {
        process.resume();
    }

    @Override
    public void cutConnections() {
        entrance.cut();
    }

    @Override
    public void isolate() {
        entrance.isolate();
    }

    @Override
    public void reconnect() {
        entrance.restore();
    }

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public synchronized String output() {
        return process == null ? "" : process.output();
    }

    TcpProxy proxy() {
        return entrance.required();
    }

    @Override
    public synchronized long pid() {
        return process.pid();
    }

    @Override
    public synchronized void close() {
        if (process != null) {
            process.close();
        }
        entrance.close();
    }
}
