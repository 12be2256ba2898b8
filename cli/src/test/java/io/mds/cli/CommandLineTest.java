package io.mds.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.cli.testing.TestingClient;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs commands against a cluster in memory, as {@code main} would. */
abstract class CommandLineTest {
    final TestingClient cluster = new TestingClient();
    final Map<String, String> environment = new HashMap<>();
    final List<MdsClientOptions> connections = new ArrayList<>();
    String input = "";

    record Result(int code, String out, String err) {}

    Result run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        InputStream in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        Session.Streams streams = Session.Streams.plain(
                in,
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        int code;
        try (Session session = new Session(streams, environment, null, this::connect)) {
            code = MdsCommand.execute(session, ConnectOptions.NONE, args);
        }
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Runs a command that must succeed; answers its output. */
    String ok(String... args) {
        Result result = run(args);
        assertThat(result.code).as("%s: %s", List.of(args), result.err).isZero();
        return result.out;
    }

    /** Runs a command that must fail with this code; answers its error output. */
    String fails(int code, String... args) {
        Result result = run(args);
        assertThat(result.code)
                .as("%s: %s%s", List.of(args), result.out, result.err)
                .isEqualTo(code);
        assertThat(result.err).doesNotContain("\tat ");
        return result.err.strip();
    }

    private MdsClient connect(MdsClientOptions options) {
        connections.add(options);
        return cluster.asClient();
    }
}
