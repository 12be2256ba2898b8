package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.HealthState;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.utility.DockerImageName;

/**
 * A whole cluster of containers from the image that is shipped. Needs a Docker engine and a base image, see
 * {@code .ci/run}: where they are promised ({@code MDS_CONTAINER_TEST=required}) it fails without them.
 */
@Tag("soak")
class ContainersIT {
    private static final String IMAGE = "mds:it";
    private static final Duration BUILD_LIMIT = Duration.ofMinutes(5);
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    /** For what the engine fails at; a server that ends or does not get well fails the test the first time. */
    private static final int ENGINE_ATTEMPTS = 3;

    private static final int ROWS = 3_000;
    /** Servers give others their container's address, because the test's JVM knows no container names. */
    private static final String WITH_OWN_ADDRESS = "export MDS_RPC_ADVERTISED_HOST=$(hostname -i); exec mds ";

    private final List<GenericContainer<?>> containers = new ArrayList<>();
    private Network network;

    @BeforeEach
    void buildImage() throws Exception {
        boolean required = "required".equals(System.getenv("MDS_CONTAINER_TEST"));
        if (!required && !DockerClientFactory.instance().isDockerAvailable()) {
            System.err.println("""

                      ##############################################################################
                      #  ContainersIT is SKIPPED: no Docker engine answers. docker/engine.sh starts one.
                      ##############################################################################
                    """);
            assumeTrue(false, "no Docker engine answers");
        }
        Path top = top();
        Path log = top.resolve("testkit/target/image-build.log");
        Process build = new ProcessBuilder("docker/build.sh", "--no-maven", "--tag", IMAGE)
                .directory(top.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(build.waitFor(BUILD_LIMIT.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
        if (build.exitValue() != 0 && !required) {
            System.err.println(
                    "ContainersIT is SKIPPED: the image cannot be built, see " + log + "\n" + Files.readString(log));
            assumeTrue(false, "the image cannot be built");
        }
        assertThat(build.exitValue()).as(Files.readString(log)).isZero();
        removeNameless();
        network = Network.newNetwork();
    }

    /** The image of the build before has lost its name to this one; nobody else would ever remove it. */
    private static void removeNameless() {
        docker().listImagesCmd()
                .withDanglingFilter(true)
                .withLabelFilter(Map.of("org.opencontainers.image.title", "mds"))
                .exec()
                .forEach(image -> {
                    try {
                        docker().removeImageCmd(image.getId()).exec();
                    } catch (ConflictException e) {
                        // A container that somebody keeps is made from it.
                        System.out.println("ContainersIT: " + e.getMessage());
                    }
                });
    }

    @AfterEach
    void removeEverything() {
        for (int i = containers.size() - 1; i >= 0; i--) {
            containers.get(i).stop();
        }
        if (network != null) {
            network.close();
        }
    }

    private static Path top() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("docker/build.sh"))) {
            here = here.getParent();
        }
        return here;
    }

    private GenericContainer<?> container(String name, Map<String, String> environment) {
        GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(IMAGE))
                .withImagePullPolicy(image -> false)
                .withNetwork(network)
                .withNetworkAliases(name)
                .withEnv(environment)
                .waitingFor(new Healthy().withStartupTimeout(PATIENCE));
        containers.add(container);
        return container;
    }

    private GenericContainer<?> server(String role, String name, String zooKeeper) {
        return container(name, Map.of("MDS_ZOOKEEPER_CONNECT", zooKeeper + ":2181", "MDS_JAVA_OPTS", "-Xmx256m"))
                .withCreateContainerCmdModifier(create -> create.withEntrypoint("bash", "-c", WITH_OWN_ADDRESS + role));
    }

    /** Starts them together. What this is about is servers: that an engine could not make a container says nothing of them. */
    private static void start(List<GenericContainer<?>> together) {
        for (int attempt = 1; ; attempt++) {
            try {
                Startables.deepStart(together).join();
                return;
            } catch (CompletionException e) {
                List<Throwable> causes = Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
                        .toList();
                Throwable root = causes.get(causes.size() - 1);
                boolean engines = causes.stream()
                        .anyMatch(each -> each instanceof DockerException || each instanceof IOException);
                if (!engines || attempt == ENGINE_ATTEMPTS) {
                    throw new AssertionError(root.getMessage(), e);
                }
                System.out.println("ContainersIT: attempt " + attempt + " of " + ENGINE_ATTEMPTS + ": " + root);
                together.forEach(GenericContainer::stop);
            }
        }
    }

    private static String addressOf(GenericContainer<?> container) {
        return container.getCurrentContainerInfo().getNetworkSettings().getNetworks().values().stream()
                .findFirst()
                .orElseThrow()
                .getIpAddress();
    }

    private static DockerClient docker() {
        return DockerClientFactory.lazyClient();
    }

    private static void awaitHealthy(GenericContainer<?> container) {
        await().atMost(PATIENCE).until(container::isHealthy);
    }

    private static Row row(int n) {
        return Row.of("dir", "/d" + n % 50, "name", "f" + n, "size", (long) n);
    }

    private static void assertAllThere(Table table, int rows) {
        boolean[] seen = new boolean[rows];
        try (RowStream stream = table.scan(Scan.all())) {
            stream.forEach(row -> seen[Math.toIntExact(row.getLong("size"))] = true);
        }
        assertThat(seen).doesNotContain(false);
    }

    @Test
    void whatIsWrittenThroughContainersOutlivesThem() throws IOException {
        GenericContainer<?> zooKeeper = container("zookeeper", Map.of("MDS_JAVA_OPTS", "-Xmx256m"))
                .withCommand("zookeeper", "--data", "/var/lib/mds", "--port", "2181", "--host", "0.0.0.0");
        start(List.of(zooKeeper));
        String address = addressOf(zooKeeper);
        List<GenericContainer<?>> masters = new ArrayList<>();
        List<GenericContainer<?>> regions = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            masters.add(server("master", "master-" + i, address));
        }
        start(masters);
        for (int i = 1; i <= 3; i++) {
            regions.add(server("region", "region-" + i, address));
        }
        start(regions);

        try (MdsClient client = MdsClient.connect(MdsClientOptions.builder("zk://" + address + ":2181/mds")
                .timeout(PATIENCE)
                .build())) {
            client.createTable(ClusterIT.files());
            Table table = client.table("files");
            List<Row> rows = new ArrayList<>();
            for (int n = 0; n < ROWS; n++) {
                rows.add(row(n));
            }
            table.upsertAll(rows);
            assertAllThere(table, ROWS);

            // The first master is killed, whether it is the active one or not; the regions one by one, two ways.
            docker().killContainerCmd(masters.get(0).getContainerId()).exec();
            for (int i = 0; i < regions.size(); i++) {
                String id = regions.get(i).getContainerId();
                if (i % 2 == 0) {
                    docker().killContainerCmd(id).exec();
                } else {
                    docker().stopContainerCmd(id).withTimeout(30).exec();
                }
                docker().startContainerCmd(id).exec();
            }
            regions.forEach(ContainersIT::awaitHealthy);
            assertAllThere(table, ROWS);
            for (int n = ROWS; n < ROWS + 100; n++) {
                table.insert(row(n));
            }

            // And all of them at once, orderly.
            docker().startContainerCmd(masters.get(0).getContainerId()).exec();
            masters.forEach(ContainersIT::awaitHealthy);
            List<GenericContainer<?>> daemons = new ArrayList<>(masters);
            daemons.addAll(regions);
            daemons.parallelStream()
                    .forEach(each -> docker().stopContainerCmd(each.getContainerId())
                            .withTimeout(30)
                            .exec());
            daemons.forEach(
                    each -> docker().startContainerCmd(each.getContainerId()).exec());
            daemons.forEach(ContainersIT::awaitHealthy);
            assertAllThere(table, ROWS + 100);
        }
    }

    /** Waits for the image's own health check; tells what went wrong while the engine still knows. */
    private static final class Healthy extends AbstractWaitStrategy {
        private static final int LOG_LINES = 40;
        private static final Duration BETWEEN_LOOKS = Duration.ofMillis(300);

        @Override
        protected void waitUntilReady() {
            try {
                await().pollInterval(BETWEEN_LOOKS)
                        .atMost(startupTimeout)
                        .until(() -> waitStrategyTarget.isHealthy() || !state().getRunning());
            } catch (ConditionTimeoutException e) {
                throw new IllegalStateException("not healthy in time: " + describe(), e);
            }
            if (!state().getRunning()) {
                throw new IllegalStateException("ended by itself: " + describe());
            }
        }

        private InspectContainerResponse.ContainerState state() {
            return waitStrategyTarget.getCurrentContainerInfo().getState();
        }

        private String describe() {
            InspectContainerResponse.ContainerState state = state();
            HealthState health = state.getHealth();
            List<String> checks = health == null
                    ? List.of()
                    : health.getLog().stream()
                            .map(check -> "exit code " + check.getExitCodeLong() + ", " + check.getOutput())
                            .toList();
            List<String> lines = waitStrategyTarget.getLogs().lines().toList();
            return "%s, exit code %s, out of memory: %s, error: %s; health checks: %s; its last words:\n%s"
                    .formatted(
                            state.getStatus(),
                            state.getExitCodeLong(),
                            state.getOOMKilled(),
                            state.getError(),
                            checks,
                            String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size())));
        }
    }
}
