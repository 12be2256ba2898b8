package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.Reader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mds quickstart --exit} as a user runs it: the script of an installation, in a process of its own. */
@Tag("soak")
class QuickstartIT {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final int FILES = 30;
    private static final int DIRECTORIES = 3;

    @TempDir
    Path directory;

    private Path installation;
    private Path tree;
    private Path work;
    private Path temporary;
    private Path output;
    private Process quickstart;

    @BeforeEach
    void install() throws IOException {
        Path root = Path.of(System.getProperty("mds.root"));
        installation = directory.resolve("installation");
        Path lib = Files.createDirectories(installation.resolve("lib"));
        Path script = Files.createDirectories(installation.resolve("bin")).resolve("mds");
        Files.copy(root.resolve("mds"), script);
        Launch jars = new Launch(root);
        for (List<String> program : List.of(jars.master(), jars.region(), jars.cli(), jars.testkit())) {
            Path jar = Path.of(program.get(1)).toRealPath();
            Files.createSymbolicLink(lib.resolve(jar.getFileName()), jar);
        }
        work = Files.createDirectories(directory.resolve("work"));
        temporary = Files.createDirectories(directory.resolve("tmp"));
        output = directory.resolve("output.txt");
        tree = Files.createDirectories(directory.resolve("tree"));
        for (int i = 0; i < FILES; i++) {
            Path parent = Files.createDirectories(tree.resolve("d" + i % DIRECTORIES));
            try (RandomAccessFile file =
                    new RandomAccessFile(parent.resolve("f" + i).toFile(), "rw")) {
                file.setLength(10_000L * i);
            }
        }
    }

    @AfterEach
    void endWhatIsLeft() {
        if (quickstart != null) {
            quickstart.descendants().forEach(ProcessHandle::destroyForcibly);
            quickstart.destroyForcibly();
        }
        ours().forEach(ProcessHandle::destroyForcibly);
        ClusterFiles.delete(installation);
    }

    /** Those that run from the installation, whoever's children they are by now. */
    private List<ProcessHandle> ours() {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains(installation.toString()))
                .toList();
    }

    private static List<String> below(Path top) throws IOException {
        try (Stream<Path> files = Files.walk(top)) {
            return files.map(file -> top.relativize(file).toString()).sorted().toList();
        }
    }

    private static List<String> in(Path top) throws IOException {
        try (Stream<Path> files = Files.list(top)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private void start(Map<String, String> variables) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        "bash", installation.resolve("bin/mds").toString(), "quickstart", "--exit", tree.toString())
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        JavaProcess.withoutSettings(builder).environment().putAll(variables);
        quickstart = builder.start();
    }

    /** JDKs beside this one, and newer, as Debian and others keep them; or the one that {@code mds.tests.newer-java} names. */
    private static List<Path> newerJavas() throws IOException {
        String named = System.getProperty("mds.tests.newer-java", "");
        if (!named.isEmpty()) {
            return List.of(Path.of(named));
        }
        List<Path> found = new ArrayList<>();
        Set<Path> real = new HashSet<>();
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(
                Path.of(System.getProperty("java.home")).toRealPath().getParent(), Files::isDirectory)) {
            for (Path home : homes) {
                if (real.add(home.toRealPath())
                        && versionOf(home) > Runtime.version().feature()) {
                    found.add(home);
                }
            }
        }
        return found;
    }

    /** 0 where none can be found. */
    private static int versionOf(Path home) throws IOException {
        Path release = home.resolve("release");
        if (!Files.exists(release) || !Files.isExecutable(home.resolve("bin/java"))) {
            return 0;
        }
        Properties told = new Properties();
        try (Reader reader = Files.newBufferedReader(release)) {
            told.load(reader);
        }
        return Runtime.Version.parse(told.getProperty("JAVA_VERSION", "0").replace("\"", ""))
                .feature();
    }

    @Test
    void everythingRunsOnTheNewerJavasOfThisMachine() throws IOException {
        List<Path> homes = newerJavas();
        if (homes.isEmpty()) {
            System.err.println("########  NOT TESTED on a newer Java: none beside " + System.getProperty("java.home"));
        }
        Assumptions.assumeFalse(homes.isEmpty(), "no newer Java on this machine");
        for (Path home : homes) {
            start(Map.of("JAVA_HOME", home.toString(), "MDS_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary));
            await().atMost(PATIENCE).until(() -> !quickstart.isAlive());
            String said = Files.readString(output);
            assertThat(quickstart.exitValue()).as(said).isZero();
            assertThat(said.lines().filter(line -> line.contains("every acknowledged row is there, once")))
                    .as(said)
                    .hasSize(2);
            assertThat(said).as(home.toString()).doesNotContain("WARNING");
            try (Stream<Path> logs = Files.walk(work)) {
                assertThat(logs.filter(file -> file.toString().endsWith(".log")))
                        .hasSize(6)
                        .allSatisfy(log -> assertThat(log).content().doesNotContain("WARNING"));
            }
        }
    }

    @Test
    void itLosesNoAcknowledgedRowAndLeavesNothingBehind() throws IOException {
        Map<String, String> variables = new TreeMap<>(Map.of(
                "JAVA_HOME",
                System.getProperty("java.home"),
                "JAVA_TOOL_OPTIONS",
                "-Djava.io.tmpdir=" + temporary + " " + String.join(" ", Launch.SHORT_LIVED)));
        // What a user has set for servers of his own, all of it wrong for the cluster that is to be shown.
        variables.putAll(Map.of(
                "MDS_STORE_URL", "jdbc:postgresql://127.0.0.1:1/production",
                "MDS_ZOOKEEPER_ACL", "digest",
                "MDS_CLIENT_TIMEOUT", "never"));
        List<String> installed = below(installation);
        List<String> imported = below(tree);
        start(variables);
        await().atMost(PATIENCE).until(() -> ours().size() >= 6 || !quickstart.isAlive());
        await().atMost(PATIENCE).until(() -> !quickstart.isAlive());
        String said = Files.readString(output);
        assertThat(quickstart.exitValue()).as(said).isZero();
        assertThat(said.lines().filter(line -> line.contains("every acknowledged row is there, once")))
                .as("after each of the two murders: %s", said)
                .hasSize(2);
        assertThat(said.lines().filter(line -> line.contains("reads): 0 failed, longest wait")))
                .as(said)
                .hasSize(2);
        assertThat(said)
                .contains(FILES + DIRECTORIES + ", counted on all shards")
                .contains("d2/f29")
                .contains("Everything is stopped.")
                .doesNotContain("--connect", "zkcli");
        assertThat(ours()).isEmpty();
        assertThat(in(work)).containsExactly("quickstart-data");
        assertThat(in(temporary)).isEmpty();
        assertThat(below(installation)).isEqualTo(installed);
        assertThat(below(tree)).isEqualTo(imported);
    }
}
