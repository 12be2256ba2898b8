package io.mds.testkit;

import io.mds.client.MdsClient;
import io.mds.znode.ActiveMaster;
import io.mds.znode.ZnodePaths;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A running MDS cluster for tests: one ZooKeeper, masters and regions, each of which can be killed, paused, restarted,
 * cut off, or robbed of its ZooKeeper session.
 *
 * <pre>{@code
 * try (MdsCluster cluster = MdsCluster.builder().masters(2).regions(3).start()) {
 *     Table files = cluster.client().table("files");
 *     cluster.activeMaster().kill();
 *     ...
 * }
 * }</pre>
 *
 * <p>Members run inside this JVM or as child JVMs, see {@link Mode}. Everything listens on free loopback ports; all files
 * are below one directory, which is removed at close unless the caller chose it.
 *
 * <p>Thread: any; faults on one member are serialised.
 */
public final class MdsCluster implements AutoCloseable {
    /** Where members run. */
    public enum Mode {
        /** Quick to start and easy to debug; cannot be paused, and a kill is only as hard as a halt of its threads. */
        IN_PROCESS,
        /** As in production: each member a JVM of its own, killed with -9. */
        PROCESSES
    }

    private static final String READY = "a master active and all regions registered";

    private final ClusterPlan plan;
    private final FreePorts ports = new FreePorts();
    private final Path directory;
    private final ZooKeeperNode zooKeeper;
    private final List<Member> masters = new ArrayList<>();
    private final List<Member> regions = new ArrayList<>();
    private final List<MdsClient> clients = new ArrayList<>();
    private final ClusterView view;
    private final Links links;
    private MdsClient client;

    private MdsCluster(ClusterPlan plan) {
        this.plan = plan;
        this.directory = plan.directory() == null ? ClusterFiles.temporary() : plan.directory();
        this.zooKeeper = plan.zooKeeperInProcess()
                ? new EmbeddedZooKeeper(directory.resolve("zookeeper"), "127.0.0.1", ports.next())
                : new ProcessZooKeeper(
                        directory.resolve("zookeeper"),
                        ports.next(),
                        plan.launch().testkit());
        this.links = new Links(ports, zooKeeper, plan.zooKeeperProxies());
        this.view = new ClusterView(zooKeeper, new ZnodePaths(ClusterPlan.ROOT));
    }

    public static Builder builder() {
        return new Builder();
    }

    private void startAll() {
        zooKeeper.start();
        for (int i = 0; i < plan.masters(); i++) {
            addMaster();
        }
        for (int i = 0; i < plan.regions(); i++) {
            addRegion();
        }
        Await.until(READY, () -> {
            members().filter(member -> !member.isRunning()).findFirst().ifPresent(MdsCluster::endedAtItsStart);
            return isReady();
        });
    }

    private static void endedAtItsStart(Member member) {
        throw new IllegalStateException(member.name() + " ended when it was started; below is what it said");
    }

    /** Starts one more master. */
    public synchronized Member addMaster() {
        return add(Member.Role.MASTER, masters);
    }

    /** Starts one more region. */
    public synchronized Member addRegion() {
        return add(Member.Role.REGION, regions);
    }

    private Member add(Member.Role role, List<Member> others) {
        Member member = plan.member(role, others.size() + 1, directory, links, ports);
        others.add(member);
        member.start();
        return member;
    }

    /** Waits until a running master is active and every running region is registered. */
    public void awaitReady() {
        Await.until(READY, this::isReady);
    }

    private boolean isReady() {
        return activePort().isPresent() && allRegistered();
    }

    private Optional<Integer> activePort() {
        return view.activeMaster()
                .map(ActiveMaster::port)
                .filter(port -> masters().stream().anyMatch(member -> member.isRunning() && member.port() == port));
    }

    private boolean allRegistered() {
        for (Member region : regions()) {
            if (region.isRunning() && !ReadyPage.answers(region.adminPort())) {
                return false;
            }
        }
        return true;
    }

    /** A client of the whole cluster, made at the first call and closed with the cluster. */
    public synchronized MdsClient client() {
        if (client == null) {
            client = newClient();
        }
        return client;
    }

    /** One more client, closed with the cluster at the latest. */
    public synchronized MdsClient newClient() {
        MdsClient made = MdsClient.connect(connectString());
        clients.add(made);
        return made;
    }

    /** {@code zk://host:port/mds}. */
    public String connectString() {
        return "zk://" + zooKeeper.connectString() + ClusterPlan.ROOT;
    }

    public ZooKeeperNode zooKeeper() {
        return zooKeeper;
    }

    /** What ZooKeeper says of the cluster, read afresh at each call. */
    public ClusterView view() {
        return view;
    }

    /** The connections between processes, to cut single ones. */
    public Links links() {
        return links;
    }

    public synchronized List<Member> masters() {
        return List.copyOf(masters);
    }

    public synchronized List<Member> regions() {
        return List.copyOf(regions);
    }

    private Stream<Member> members() {
        return Stream.concat(masters().stream(), regions().stream());
    }

    /** @param number from 1, in the order of starting */
    public synchronized Member master(int number) {
        return masters.get(number - 1);
    }

    /** @param number from 1, in the order of starting; not the region id */
    public synchronized Member region(int number) {
        return regions.get(number - 1);
    }

    /** The running master that ZooKeeper names as active; waits until there is one. */
    public Member activeMaster() {
        Await.until("a master is active", () -> activePort().isPresent());
        int port = activePort().orElseThrow();
        return masters().stream().filter(m -> m.port() == port).findFirst().orElseThrow();
    }

    /** A running master that is not active. */
    public Member standbyMaster() {
        Member active = activeMaster();
        return masters().stream()
                .filter(member -> member != active && member.isRunning())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no standby master is running"));
    }

    /** Ends the member's ZooKeeper session as if it had timed out. */
    public void expireSession(Member member) {
        zooKeeper.expireSession(sessionOf(member));
    }

    /** Cuts the member's TCP connection to ZooKeeper once. */
    public void cutZooKeeper(Member member) {
        zooKeeper.cutSession(sessionOf(member));
    }

    private long sessionOf(Member member) {
        Optional<Long> session = member.role() == Member.Role.REGION
                ? view.regionSession(member.port())
                : view.masterSession(member.port());
        return session.orElseThrow(() -> new IllegalStateException(member.name() + " has no ephemeral znode"));
    }

    /** What a person wants to see when a test failed: each member's state and the end of its log. */
    public String dump() {
        StringBuilder text = new StringBuilder("cluster in " + directory + ", ZooKeeper " + zooKeeper.connectString());
        members().forEach(member -> {
            String output = member.output();
            text.append("\n--- ").append(member.name()).append(member.isRunning() ? " (running)" : " (down)");
            text.append('\n').append(output.substring(Math.max(0, output.length() - 4_000)));
        });
        return text.toString();
    }

    public Path directory() {
        return directory;
    }

    @Override
    public void close() {
        List<AutoCloseable> all = new ArrayList<>();
        synchronized (this) {
            all.addAll(clients);
            all.addAll(regions.stream().map(MdsCluster::closing).toList());
            all.addAll(masters.stream().map(MdsCluster::closing).toList());
        }
        all.add(view);
        all.add(links);
        all.add(zooKeeper);
        all.add(ports);
        RuntimeException failure = null;
        for (AutoCloseable each : all) {
            try {
                each.close();
            } catch (Exception e) {
                failure = failure == null ? new IllegalStateException("cluster did not close cleanly", e) : failure;
                failure.addSuppressed(e);
            }
        }
        if (plan.directory() == null) {
            ClusterFiles.delete(directory);
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static AutoCloseable closing(Member member) {
        return member instanceof AutoCloseable closeable ? closeable : member::kill;
    }

    /** Says what the cluster is to be. */
    public static final class Builder {
        private final Map<String, String> all = new TreeMap<>();
        private final Map<String, String> master = new TreeMap<>();
        private final Map<String, String> region = new TreeMap<>();
        private int masters = 1;
        private int regions = 1;
        private Mode mode = Mode.IN_PROCESS;
        private Path directory;
        private Path home;
        private boolean zooKeeperInProcess = true;
        private boolean proxies = true;
        private boolean zooKeeperProxies;
        private List<String> jvmOptions = Launch.join(Launch.ONE_COMPILER, List.of("-Xmx512m"));

        private Builder() {
            all.put("zookeeper.session-timeout", "4s");
        }

        public Builder masters(int count) {
            this.masters = count;
            return this;
        }

        public Builder regions(int count) {
            this.regions = count;
            return this;
        }

        public Builder mode(Mode value) {
            this.mode = value;
            return this;
        }

        /** Keeps everything below this directory and leaves it there; otherwise a temporary one is used and removed. */
        public Builder directory(Path value) {
            this.directory = value;
            return this;
        }

        /** Runs child JVMs from the fat jars of this checkout or installation, as {@code java -jar} in production. */
        public Builder jarsOf(Path value) {
            this.home = value;
            return this;
        }

        /** Runs ZooKeeper in a child JVM of its own. */
        public Builder zooKeeperProcess() {
            this.zooKeeperInProcess = false;
            return this;
        }

        /** Lets others reach the members' own ports, which is faster; their connections cannot be cut then. */
        public Builder withoutProxies() {
            this.proxies = false;
            return this;
        }

        /** Lets each member reach ZooKeeper through a proxy of its own, so that it can be cut off. */
        public Builder zooKeeperProxies() {
            this.zooKeeperProxies = true;
            return this;
        }

        /** Options of the child JVMs instead of the usual ones of a test. */
        public Builder jvmOptions(String... options) {
            this.jvmOptions = List.of(options);
            return this;
        }

        /** Protects the znodes with ACLs that derive from this secret. */
        public Builder secret(String value) {
            all.put("zookeeper.acl", "digest");
            master.put("zookeeper.secret", value);
            return this;
        }

        /** A configuration key for masters and regions. */
        public Builder set(String key, String value) {
            all.put(key, value);
            return this;
        }

        public Builder setOnMasters(String key, String value) {
            master.put(key, value);
            return this;
        }

        public Builder setOnRegions(String key, String value) {
            region.put(key, value);
            return this;
        }

        /** Starts everything and returns when a master is active and all regions are registered. */
        public MdsCluster start() {
            Map<String, String> masterSettings = new TreeMap<>(all);
            masterSettings.putAll(master);
            Map<String, String> regionSettings = new TreeMap<>(all);
            regionSettings.putAll(region);
            MdsCluster cluster = new MdsCluster(new ClusterPlan(
                    masters,
                    regions,
                    mode,
                    directory,
                    new Launch(home),
                    zooKeeperInProcess,
                    proxies,
                    zooKeeperProxies,
                    jvmOptions,
                    masterSettings,
                    regionSettings));
            try {
                cluster.startAll();
                return cluster;
            } catch (RuntimeException e) {
                RuntimeException failure = new IllegalStateException(e.getMessage() + "\n" + cluster.dump(), e);
                try {
                    cluster.close();
                } catch (RuntimeException closing) {
                    failure.addSuppressed(closing);
                }
                throw failure;
            }
        }
    }
}
