package io.mds.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mds.proto.Role;
import io.mds.rpc.ConnectionListener;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcTransport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What a daemon that cannot start says, and the code it ends with. */
@Timeout(60)
class DaemonTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(Function<Settings, AutoCloseable> starter, String... arguments) {
        PrintStream print = new PrintStream(err, true, UTF_8);
        return Daemon.run("mds-test", SettingsTest.REFERENCE, arguments, print, starter);
    }

    private List<String> errors() {
        return err.toString(UTF_8).lines().toList();
    }

    private static AutoCloseable neverStarted(Settings settings) {
        RpcSettings.from(settings);
        ZooKeeperConfig.from(settings);
        settings.finish();
        throw new AssertionError("started with settings that cannot be used");
    }

    private static AutoCloseable listening(Settings settings) {
        RpcSettings rpc = RpcSettings.from(settings);
        settings.finish();
        RpcTransport transport = new RpcTransport(rpc.limits(), "test-daemon");
        try {
            return transport.listen(
                    rpc.bind(),
                    LocalIdentity.of(Role.MASTER, "daemon"),
                    RequestHandler.refusing(),
                    new ConnectionListener() {});
        } catch (RuntimeException e) {
            transport.close();
            throw e;
        }
    }

    @Test
    void aPortInUseIsOneLineAndCode2() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = taken.getLocalPort();
            assertThat(run(DaemonTest::listening, "--set", "rpc.port=" + port)).isEqualTo(2);
            assertThat(errors())
                    .singleElement()
                    .asString()
                    .startsWith("mds-test: cannot listen on 127.0.0.1:" + port)
                    .contains("in use", "rpc.port");
        }
    }

    @Test
    void anAddressOfAnotherMachineIsOneLineAndCode2() {
        assertThat(run(DaemonTest::listening, "--set", "rpc.host=192.0.2.1", "--set", "rpc.port=0"))
                .isEqualTo(2);
        assertThat(errors()).singleElement().asString().contains("cannot listen on 192.0.2.1:0", "rpc.host");
    }

    @Test
    void aHostThatDoesNotExistIsOneLineAndCode2() {
        assertThat(run(DaemonTest::listening, "--set", "rpc.host=no-such-host.invalid"))
                .isEqualTo(2);
        assertThat(errors()).singleElement().asString().contains("no-such-host.invalid", "rpc.host");
    }

    @Test
    void everyBadSettingIsALineAndTheCodeIs2() {
        assertThat(run(
                        DaemonTest::neverStarted,
                        "--set",
                        "rpc.port=x",
                        "--set",
                        "rpc.prot=1",
                        "--set",
                        "zookeeper.session-timeout=1 parsec"))
                .isEqualTo(2);
        assertThat(errors()).hasSize(3).allMatch(line -> line.startsWith("mds-test: "));
    }

    @Test
    void noZooKeeperIsOneLineAndCode2() {
        assertThat(run(DaemonTest::neverStarted, "--set", "zookeeper.connect=")).isEqualTo(2);
        assertThat(errors())
                .singleElement()
                .asString()
                .startsWith("mds-test: zookeeper.connect: '' (--set; expected: ");
    }

    @Test
    void misspeltVariablesAreOneWarning() {
        Logger logger = (Logger) LoggerFactory.getLogger(Daemon.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            Map<String, String> environment =
                    Map.of("MDS_RPC_PROT", "1", "MDS_RPC_HSOT", "secret value", "MDS_HOME", "/", "MDS_ADMIN_PORT", "2");
            Function<Settings, AutoCloseable> starter = settings -> {
                throw new ConfigException("enough");
            };
            PrintStream print = new PrintStream(err, true, UTF_8);
            Daemon.run("mds-test", SettingsTest.REFERENCE, new String[0], environment, print, starter);
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list)
                .filteredOn(event -> event.getLevel() == Level.WARN)
                .singleElement()
                .extracting(ILoggingEvent::getFormattedMessage)
                .asString()
                .contains("MDS_RPC_PROT (did you mean MDS_RPC_PORT?)", "MDS_RPC_HSOT (did you mean MDS_RPC_HOST?)")
                .doesNotContain("MDS_HOME", "secret value");
    }

    @Test
    void aWrongCommandLineIsOneLineAndCode2() {
        assertThat(run(DaemonTest::neverStarted, "--port", "1")).isEqualTo(2);
        assertThat(errors()).containsExactly("mds-test: unknown argument '--port'; see mds-test --help");
    }

    @Test
    void anOverrideThatIsNoKeyIsOneLineAndCode2() {
        assertThat(run(DaemonTest::neverStarted, "--set", "rpc..port=1")).isEqualTo(2);
        assertThat(errors()).singleElement().asString().startsWith("mds-test: --set rpc..port=1");
    }

    @Test
    void aMissingFileIsOneLineAndCode2() {
        assertThat(run(DaemonTest::neverStarted, "--config", "/no/such/file.conf"))
                .isEqualTo(2);
        assertThat(errors()).singleElement().asString().contains("/no/such/file.conf", "no such file");
    }

    @Test
    void helpAndVersionStartNothing() {
        assertThat(run(DaemonTest::neverStarted, "--help")).isZero();
        assertThat(run(DaemonTest::neverStarted, "--version")).isZero();
        assertThat(errors()).isEmpty();
    }

    @Test
    void anotherFailureIsCode1() {
        assertThat(run(settings -> {
                    throw new IllegalStateException("disk on fire");
                }))
                .isEqualTo(1);
        assertThat(errors()).containsExactly("mds-test: could not start: disk on fire");
    }
}
