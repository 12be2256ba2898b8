package io.mds.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mds.rpc.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where settings come from, and one clear line for each that cannot be used. */
class SettingsTest {
    static final String REFERENCE = "io/mds/config/test-reference.conf";

    @TempDir
    Path directory;

    private Path file(String... lines) throws IOException {
        return Files.writeString(directory.resolve("test.conf"), String.join("\n", lines) + "\n");
    }

    private static Settings set(String... overrides) {
        return Settings.load(null, List.of(overrides), Map.of(), REFERENCE);
    }

    /** What is wrong with the settings, line by line; empty when all of them can be used. */
    private static List<String> problems(Settings settings) {
        RpcSettings.from(settings);
        ZooKeeperConfig.from(settings);
        Throwable thrown = catchThrowable(settings::finish);
        if (thrown == null) {
            return List.of();
        }
        assertThat(thrown).isInstanceOf(ConfigException.class);
        return thrown.getMessage().lines().toList();
    }

    @Test
    void withoutAFileTheDefaultsHold() {
        assertThat(problems(set())).isEmpty();
        RpcSettings rpc = RpcSettings.from(set());
        assertThat(rpc.bind()).isEqualTo(new HostPort("127.0.0.1", 7400));
        assertThat(rpc.limits().maxFrameBytes()).isEqualTo(16 << 20);
        assertThat(rpc.limits().idleTimeout()).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() throws IOException {
        Path file = file("rpc { port = 1, max-in-flight = 10, idle-timeout = 1s, max-frame = 1MiB }");
        Map<String, String> environment =
                Map.of("MDS_RPC_PORT", "2", "MDS_RPC_MAX_IN_FLIGHT", "20", "MDS_RPC_IDLE_TIMEOUT", "2s", "OTHER", "x");
        Settings settings = Settings.load(
                file, List.of("rpc.port=3", "rpc.port=4", " rpc.max-in-flight =30"), environment, REFERENCE);
        assertThat(problems(settings)).isEmpty();
        RpcSettings rpc = RpcSettings.from(settings);
        assertThat(rpc.bind().port()).as("the last --set").isEqualTo(4);
        assertThat(rpc.limits().maxInFlight()).as("--set").isEqualTo(30);
        assertThat(rpc.limits().idleTimeout()).as("environment").isEqualTo(Duration.ofSeconds(2));
        assertThat(rpc.limits().maxFrameBytes()).as("file").isEqualTo(1 << 20);
        assertThat(rpc.limits().maxConnections()).as("default").isEqualTo(10_000);
    }

    @Test
    void anOverrideMayContainEqualsSigns() {
        assertThat(set("zookeeper.secret=a=b=").string("zookeeper.secret")).isEqualTo("a=b=");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rpc.prot=1                      | rpc.prot: unknown key | did you mean rpc.port?
            nothing.like.any=1              | nothing.like.any: unknown key | docs
            rpc.port.number=1               | rpc.port.number: unknown key | --set
            rpc=5                           | rpc: '5' | a section with keys such as rpc.
            rpc.port=many                   | rpc.port: 'many' | a whole number from 0 to 65535
            rpc.port=                       | rpc.port: '' | a whole number from 0 to 65535
            rpc.port=70000                  | rpc.port: '70000' | from 0 to 65535
            rpc.port=-1                     | rpc.port: '-1' | from 0 to 65535
            rpc.port=99999999999            | rpc.port: '99999999999' | from 0 to 65535
            rpc.port=7.5                    | rpc.port: '7.5' | a whole number
            rpc.port=9999999999999999999999 | rpc.port: '9999999999999999999999' | a whole number
            rpc.host=                       | rpc.host: '' | a host name or address
            rpc.idle-timeout=15 parsecs     | rpc.idle-timeout: '15 parsecs' | a time such as 10s, from 100ms to 60m
            rpc.idle-timeout=5ms            | rpc.idle-timeout: '5ms' | from 100ms to 60m
            rpc.idle-timeout=-5s            | rpc.idle-timeout: '-5s' | from 100ms to 60m
            rpc.idle-timeout=2h             | rpc.idle-timeout: '2h' | from 100ms to 60m
            rpc.max-frame=16 metres         | rpc.max-frame: '16 metres' | a size such as 64MiB, from 64KiB to 256MiB
            rpc.max-frame=1KiB              | rpc.max-frame: '1KiB' | from 64KiB to 256MiB
            rpc.max-frame=1e30              | rpc.max-frame: '1e30' | from 64KiB to 256MiB
            zookeeper.world-read=maybe      | zookeeper.world-read: 'maybe' | true or false
            zookeeper.acl=closed            | zookeeper.acl: 'closed' | one of open, digest
            zookeeper.root=mds/             | zookeeper.root: 'mds/' | absolute path
            zookeeper.root=/mds/../x        | zookeeper.root: '/mds/../x' | absolute path
            zookeeper.connect=              | zookeeper.connect: '' | host:port of each ZooKeeper server
            zookeeper.connect=,             | zookeeper.connect: ',' | separated by commas
            zookeeper.connect=a:b           | zookeeper.connect: 'a:b' | host:port
            zookeeper.connect=a:0           | zookeeper.connect: 'a:0' | host:port
            zookeeper.connect=a:65536       | zookeeper.connect: 'a:65536' | host:port
            zookeeper.connect=a b:2181      | zookeeper.connect: 'a b:2181' | host:port
            zookeeper.connect=a:2181/mds    | zookeeper.connect: 'a:2181/mds' | without a path (see zookeeper.root)
            zookeeper.session-timeout=999ms | zookeeper.session-timeout: '999ms' | from 1s to 2m
            """)
    void aBadValueIsOneLineWithKeyValueOriginAndWhatIsExpected(String override, String start, String expected) {
        assertThat(problems(set(override)))
                .singleElement()
                .asString()
                .startsWith(start)
                .contains(expected);
        assertThat(problems(set(override)).get(0)).contains("--set");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "a:2181",
                "10.0.0.1:2181, b.example.org:2182 ,c",
                "a:2181,",
                "[::1]:2181,[fe80::1%eth0]"
            })
    void zooKeeperServersAreWrittenAsItsClientTakesThem(String connect) {
        Settings settings = set("zookeeper.connect=" + connect, "zookeeper.session-timeout=1s");
        assertThat(problems(settings)).isEmpty();
    }

    @Test
    void valuesThatDoNotGoTogetherAreShownAsWrittenWithWhereEachIsFrom() throws IOException {
        Settings settings = Settings.load(
                file("rpc.max-frame = 100MiB"), List.of(), Map.of("MDS_RPC_IDLE_TIMEOUT", "30s"), REFERENCE);
        settings.requireRelation(false, "rpc.max-frame", "at most twice", "rpc.max-in-flight");
        settings.requireRelation(false, "rpc.connect-timeout", "at least half of", "rpc.idle-timeout");
        settings.requireRelation(true, "rpc.port", "never", "rpc.host");
        assertThat(problems(settings))
                .containsExactly(
                        "rpc.max-frame: '100MiB' (" + directory.resolve("test.conf")
                                + ": 1; expected: at most twice rpc.max-in-flight, which is '4096' by default)",
                        "rpc.connect-timeout: '2s' (default; expected: at least half of rpc.idle-timeout, which is '30s'"
                                + " (environment MDS_RPC_IDLE_TIMEOUT))");
    }

    @Test
    void aValueThatCannotBeUsedIsNotHeldAgainstOthers() {
        Settings settings = set("rpc.max-frame=large", "rpc.idle-timeout=long");
        RpcSettings.from(settings);
        settings.requireRelation(false, "rpc.max-frame", "at most twice", "rpc.max-in-flight");
        settings.requireRelation(false, "rpc.connect-timeout", "at least half of", "rpc.idle-timeout");
        assertThatThrownBy(settings::finish)
                .satisfies(thrown -> assertThat(thrown.getMessage().lines()).hasSize(2))
                .hasMessageContainingAll("rpc.max-frame: 'large'", "rpc.idle-timeout: 'long'");
    }

    @Test
    void variablesThatBelongToNoKeyAreNamedWithTheNearestOne() {
        Map<String, String> environment = new TreeMap<>();
        List.of(
                        "MDS_RPC_PROT",
                        "MDS_ZOOKEEPER_CONECT",
                        "MDS_NOTHING_LIKE_ANY",
                        "MDS_RPC_PORT",
                        "PATH",
                        "MDS_HOME",
                        "MDS_JAVA_OPTS",
                        "MDS_BASE_IMAGE",
                        "MDS_CONTAINER_TEST",
                        "MDS_CONNECT",
                        "MDS_LOG",
                        "MDS_LOG_FSYNC",
                        "MDS_DATA_DIR",
                        "MDS_MASTER_ID",
                        "MDS_CLIENT_TIMEOUT")
                .forEach(name -> environment.put(name, "1"));
        assertThat(Settings.load(null, List.of(), environment, REFERENCE).strayVariables())
                .containsExactly(
                        "MDS_NOTHING_LIKE_ANY",
                        "MDS_RPC_PROT (did you mean MDS_RPC_PORT?)",
                        "MDS_ZOOKEEPER_CONECT (did you mean MDS_ZOOKEEPER_CONNECT?)");
        assertThat(set().strayVariables()).isEmpty();
    }

    @Test
    void problemsInAFileNameItsLine() throws IOException {
        Path file = file(
                "# operator's file",
                "rpc {",
                "  prot = 1",
                "  port = [1, 2]",
                "  max-frame = { size = 1MiB }",
                "  idle-timeout = 5 furlongs",
                "  host = null",
                "}",
                "zookeeper = here");
        List<String> problems = problems(Settings.load(file, List.of(), Map.of(), REFERENCE));
        assertThat(problems).hasSize(6);
        assertLine(problems, "rpc.prot: unknown key", file + ": 3");
        assertLine(problems, "rpc.port: '[1,2]'", file + ": 4");
        assertLine(problems, "rpc.max-frame.size: unknown key", file + ": 5");
        assertLine(problems, "rpc.idle-timeout: '5 furlongs'", file + ": 6");
        assertLine(problems, "rpc.host: no value", "its default, '127.0.0.1'");
        assertLine(problems, "zookeeper: 'here'", file + ": 9", "section");
    }

    private static void assertLine(List<String> lines, String start, String... words) {
        assertThat(lines)
                .filteredOn(line -> line.startsWith(start))
                .singleElement()
                .asString()
                .contains(words);
    }

    @Test
    void problemsInTheEnvironmentNameTheVariable() {
        List<String> problems = problems(
                Settings.load(null, List.of(), Map.of("MDS_RPC_PORT", "high", "MDS_RPC_MAX_FRAME", "1B"), REFERENCE));
        assertThat(problems).hasSize(2);
        assertLine(problems, "rpc.port: 'high'", "environment MDS_RPC_PORT");
        assertLine(problems, "rpc.max-frame: '1B'", "environment MDS_RPC_MAX_FRAME");
    }

    @Test
    void allProblemsAreToldAtOnceWhereverTheyComeFrom() throws IOException {
        Path file = file("rpc.port = wrong", "no-such = 1");
        List<String> problems = problems(Settings.load(
                file, List.of("rpc.max-in-flight=0"), Map.of("MDS_ZOOKEEPER_SESSION_TIMEOUT", "1ms"), REFERENCE));
        assertThat(problems).hasSize(4);
        assertLine(problems, "rpc.port", "test.conf: 1");
        assertLine(problems, "no-such", "test.conf: 2");
        assertLine(problems, "rpc.max-in-flight", "--set");
        assertLine(problems, "zookeeper.session-timeout", "environment MDS_ZOOKEEPER_SESSION_TIMEOUT");
    }

    @Test
    void aFileThatCannotBeReadIsOneLine() throws IOException {
        Path missing = directory.resolve("missing.conf");
        assertThatThrownBy(() -> Settings.load(missing, List.of(), Map.of(), REFERENCE))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll(missing.toString(), "no such file", "--config");
        List<List<String>> broken = List.of(
                List.of("rpc {", "  port = 1"),
                List.of("rpc.port =", ""),
                List.of("rpc.port = ${nothing}"),
                List.of("= 5"),
                List.of("\"unclosed"));
        for (List<String> lines : broken) {
            Path file = file(lines.toArray(String[]::new));
            Throwable thrown = catchThrowable(() -> Settings.load(file, List.of(), Map.of(), REFERENCE));
            assertThat(thrown).as("%s", lines).isInstanceOf(ConfigException.class);
            assertThat(thrown.getMessage().lines()).as("%s", lines).hasSize(1);
            assertThat(thrown).hasMessageContaining(file.toString()).hasMessageMatching("(?s).*test\\.conf: \\d+.*");
            assertThat(thrown.getMessage().split("test\\.conf", -1))
                    .as("the file is named once")
                    .hasSize(2);
        }
        assertThatThrownBy(() -> Settings.load(directory, List.of(), Map.of(), REFERENCE))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(directory.toString());
    }

    @Test
    void substitutionsAndSectionsBuiltFromOthersWork() throws IOException {
        Path file = file("rpc = { port = 5 }", "rpc = ${rpc} { max-in-flight = ${rpc.port} }");
        Settings settings = Settings.load(file, List.of(), Map.of(), REFERENCE);
        assertThat(problems(settings)).isEmpty();
        assertThat(RpcSettings.from(settings).limits().maxInFlight()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({"rpc.port", "=5", "rpc..port=5", ".=5", "'rpc.\"=5'"})
    void anOverrideThatIsNoneIsOneLine(String override) {
        assertThatThrownBy(() -> set(override))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("--set " + override)
                .satisfies(thrown -> assertThat(thrown.getMessage().lines()).hasSize(1));
    }

    @Test
    void secretsAreNeitherDescribedNorRepeatedInProblems() throws IOException {
        Settings settings = set("zookeeper.secret=hunter2", "rpc.port=8");
        assertThat(settings.describe()).contains("zookeeper.secret = ***", "rpc.port = 8");
        assertThat(String.join("\n", settings.describe())).doesNotContain("hunter2");
        List<String> problems =
                problems(Settings.load(file("zookeeper.secret = [hunter2]"), List.of(), Map.of(), REFERENCE));
        assertThat(problems).singleElement().asString().startsWith("zookeeper.secret: ***");
        assertThat(problems.get(0)).doesNotContain("hunter2");
    }

    @Test
    void whatOthersAreToldFollowsTheAddressThatIsListenedOn() {
        assertThat(RpcSettings.from(set("rpc.host=10.0.0.7", "rpc.port=0")).advertised(4_711))
                .isEqualTo(new HostPort("10.0.0.7", 4_711));
        assertThat(RpcSettings.from(set("rpc.advertised-host=db.example.org", "rpc.advertised-port=99"))
                        .advertised(4_711))
                .isEqualTo(new HostPort("db.example.org", 99));
        assertThat(RpcSettings.from(set("rpc.host=0.0.0.0")).advertised(1).host())
                .isNotIn("0.0.0.0", "");
    }

    @Test
    void theCommandLineHasItsOptionsInAnyNumber() {
        DaemonCommandLine line = DaemonCommandLine.parse(
                        "mds-test", new String[] {"--set", "a=1", "--config", "x.conf", "--set", "b=2"}, System.out)
                .orElseThrow();
        assertThat(line.config()).isEqualTo(Path.of("x.conf"));
        assertThat(line.overrides()).containsExactly("a=1", "b=2");
        List<String[]> wrong = new ArrayList<>();
        wrong.add(new String[] {"--sett", "a=1"});
        wrong.add(new String[] {"--config"});
        wrong.add(new String[] {"--set", "a=1", "--set"});
        for (String[] arguments : wrong) {
            assertThatThrownBy(() -> DaemonCommandLine.parse("mds-test", arguments, System.out))
                    .as(Arrays.toString(arguments))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("mds-test --help");
        }
    }
}
