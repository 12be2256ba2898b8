package io.mds.testkit;

import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.Scan;
import io.mds.client.Table;
import io.mds.table.TableSchema;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fat jars with the configuration files that are shipped, started as the README says: nothing of the tests in them. */
class ShippedConfigIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final FreePorts ports = new FreePorts();
    private final List<JavaProcess> running = new ArrayList<>();

    @AfterEach
    void stop() {
        for (int i = running.size() - 1; i >= 0; i--) {
            running.get(i).close();
        }
        ports.close();
    }

    /** The top of the source tree: the directory that holds config/. */
    private static Path home() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("config/master.conf"))) {
            here = here.getParent();
            assertThat(here).as("a directory above with config/master.conf").isNotNull();
        }
        return here;
    }

    private JavaProcess run(String name, String role, List<String> settings) {
        Path jar = home().resolve(role).resolve("target/mds-" + role + ".jar");
        assertThat(jar).exists();
        List<String> arguments = new ArrayList<>(List.of(
                "-Xmx256m",
                "-jar",
                jar.toString(),
                "--config",
                home().resolve("config/" + role + ".conf").toString()));
        settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        JavaProcess process = JavaProcess.start(
                name, directory.resolve(name), directory.resolve(name).resolve("output.log"), arguments);
        running.add(process);
        return process;
    }

    private List<String> settings(int zooKeeper, int rpc, int admin) {
        return new ArrayList<>(
                List.of("zookeeper.connect=127.0.0.1:" + zooKeeper, "rpc.port=" + rpc, "admin.port=" + admin));
    }

    @Test
    void twoMastersAndThreeRegionsServeFromTheirJarsWithTheShippedConfiguration() {
        int zooKeeper = ports.next();
        JavaProcess coordination = JavaProcess.start(
                "zookeeper",
                directory.resolve("zookeeper"),
                directory.resolve("zookeeper/output.log"),
                List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        TestkitMain.class.getName(),
                        "zookeeper",
                        "--port",
                        Integer.toString(zooKeeper),
                        "--data",
                        directory.resolve("zookeeper/data").toString()));
        running.add(coordination);
        List<Integer> admins = new ArrayList<>();
        List<Integer> rpcs = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            rpcs.add(ports.next());
            admins.add(ports.next());
            List<String> settings = settings(zooKeeper, rpcs.get(i - 1), admins.get(i - 1));
            settings.add("master.id=master-" + i);
            run("master-" + i, "master", settings);
        }
        for (int i = 1; i <= 3; i++) {
            admins.add(ports.next());
            run("region-" + i, "region", settings(zooKeeper, ports.next(), admins.get(admins.size() - 1)));
        }
        await().atMost(PATIENCE).until(() -> admins.stream().allMatch(ReadyPage::answers));
        String masters = "mds://127.0.0.1:" + rpcs.get(0) + ",127.0.0.1:" + rpcs.get(1);
        for (String connect : List.of("zk://127.0.0.1:" + zooKeeper + "/mds", masters)) {
            try (MdsClient client = MdsClient.connect(connect)) {
                client.createTableIfNotExists(TableSchema.named("files")
                        .column("dir", STRING)
                        .column("name", STRING)
                        .column("size", INT64)
                        .primaryKey("dir", "name")
                        .shards(6)
                        .replicas(1)
                        .build());
                Table table = client.table("files");
                table.upsert(Row.of("dir", "/etc", "name", "hosts", "size", 220L));
                assertThat(table.get("/etc", "hosts").orElseThrow().getLong("size"))
                        .isEqualTo(220);
                assertThat(table.count(Scan.all())).isEqualTo(1);
            }
        }
        assertThat(running).allMatch(JavaProcess::isAlive);
        portsInUseAreNamedAndExitWith2(zooKeeper, rpcs.get(0), admins.get(0));
    }

    private void portsInUseAreNamedAndExitWith2(int zooKeeper, int rpc, int admin) {
        JavaProcess sameRpc = run("second-1", "master", settings(zooKeeper, rpc, ports.next()));
        JavaProcess sameAdmin = run("second-2", "region", settings(zooKeeper, ports.next(), admin));
        await().atMost(PATIENCE).until(() -> !sameRpc.isAlive() && !sameAdmin.isAlive());
        for (JavaProcess refused : List.of(sameRpc, sameAdmin)) {
            assertThat(refused.exitCode()).as(refused.output()).isEqualTo(2);
            assertThat(refused.output()).doesNotContain("\tat ");
        }
        assertThat(sameRpc.output()).contains("127.0.0.1:" + rpc);
        assertThat(sameAdmin.output()).contains("127.0.0.1:" + admin);
    }
}
