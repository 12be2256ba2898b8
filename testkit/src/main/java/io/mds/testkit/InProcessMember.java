package io.mds.testkit;

import io.mds.master.Master;
import io.mds.master.MasterConfig;
import io.mds.master.MasterMain;
import io.mds.region.Region;
import io.mds.region.RegionConfig;
import io.mds.region.RegionMain;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A member inside this JVM. */
final class InProcessMember implements Member, AutoCloseable {
    private final Role role;
    private final String name;
    private final Path directory;
    private final List<String> settings;
    private final Entrance entrance;
    private final int adminPort;
    private Master master;
    private Region region;

    InProcessMember(
            Role role, String name, Path directory, Map<String, String> settings, Entrance entrance, int adminPort) {
        this.role = role;
        this.name = name;
        this.directory = directory;
        this.settings = settings.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
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
        return master != null || region != null;
    }

    @Override
    public synchronized void start() {
        if (isRunning()) {
            return;
        }
        if (role == Role.MASTER) {
            Master made = new Master(MasterConfig.from(MasterMain.settings(settings)));
            made.start();
            master = made;
        } else {
            Region made = new Region(RegionConfig.from(RegionMain.settings(settings)));
            made.start();
            region = made;
        }
    }

    @Override
    public synchronized void stop() {
        if (master != null) {
            master.close();
            master = null;
        }
        if (region != null) {
            region.close();
            region = null;
        }
    }

    @Override
    public synchronized void kill() {
        if (master != null) {
            master.halt();
            master = null;
        }
        if (region != null) {
            region.halt();
            region = null;
        }
    }

    @Override
    public void pause() {
        throw new UnsupportedOperationException("a member inside this JVM cannot be paused; use Mode.PROCESSES");
    }

    @Override
    public void resume() {
        throw new UnsupportedOperationException("a member inside this JVM cannot be paused; use Mode.PROCESSES");
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
    public long pid() {
        return ProcessHandle.current().pid();
    }

    @Override
    public Path directory() {
        return directory;
    }

    @Override
    public String output() {
        return "";
    }

    @Override
    public void close() {
        kill();
        entrance.close();
    }
}
