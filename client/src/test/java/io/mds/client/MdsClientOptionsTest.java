package io.mds.client;

import static io.mds.client.RowTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MdsClientOptionsTest {

    @Test
    void badOptionsAreRefusedWithTheirLimits() {
        MdsClientOptions.Builder options = MdsClientOptions.builder("mds://localhost:7400");
        assertInvalid(() -> options.timeout(Duration.ZERO).build(), "timeout: PT0S (expected: PT0.001S to PT5M)");
        options.timeout(Duration.ofSeconds(1));
        assertInvalid(() -> options.maxInFlight(1025).build(), "maxInFlight: 1025 (expected: 1 to 1024)");
        options.maxInFlight(1);
        assertInvalid(() -> options.pageRows(0).build(), "pageRows: 0");
        options.pageRows(1);
        assertInvalid(
                () -> options.backoff(Duration.ofSeconds(2), Duration.ofSeconds(1))
                        .build(),
                "backoffMax: PT1S");
    }

    @Test
    void optionsRoundTripThroughTheirBuilder() {
        MdsClientOptions options = MdsClientOptions.builder("zk://a:1,b:2/x")
                .timeout(Duration.ofSeconds(3))
                .connectionsPerRegion(2)
                .callbackExecutor(Runnable::run)
                .name("mine")
                .build();
        assertThat(options.toBuilder().build()).isEqualTo(options);
    }

    @Test
    void badAddressesAreRefusedWhenTheClientIsMade() {
        assertInvalid(
                () -> MdsClient.connect("localhost:7400"),
                "connect: 'localhost:7400': unknown scheme (expected: zk://");
        assertInvalid(() -> MdsClient.connect("mds://localhost"), "connect: 'mds://localhost': ");
        assertInvalid(() -> MdsClient.connect("mds://localhost:7400/mds"), "a list of masters has no path");
        assertInvalid(() -> MdsClient.connect("zk://localhost:2181/a//b"), "bad root '/a//b'");
    }
}
