package io.mds.cli;

import io.mds.cli.text.Style;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.function.Function;

/**
 * What outlives one command: the streams, the environment, and the client, which is opened by the first command that needs
 * it and kept for the next ones of a shell.
 *
 * <p><em>Thread:</em> one at a time.
 */
final class Session implements AutoCloseable {
    private final Streams streams;
    private final Map<String, String> environment;
    private final String home;
    private final Function<MdsClientOptions, MdsClient> connector;
    private MdsClientOptions connectedWith;
    private MdsClient client;

    /**
     * Where a command reads and writes.
     *
     * @param outTerminal whether a person sees the output
     * @param errTerminal whether a person sees the errors
     * @param inTerminal whether a person types the input
     */
    record Streams(
            InputStream in,
            PrintStream out,
            PrintStream err,
            boolean inTerminal,
            boolean outTerminal,
            boolean errTerminal) {
        /** Streams of a program. */
        static Streams plain(InputStream in, PrintStream out, PrintStream err) {
            return new Streams(in, out, err, false, false, false);
        }
    }

    /**
     * @param home where MDS is installed, or null
     */
    Session(
            Streams streams,
            Map<String, String> environment,
            String home,
            Function<MdsClientOptions, MdsClient> connector) {
        this.streams = streams;
        this.environment = Map.copyOf(environment);
        this.home = home;
        this.connector = connector;
    }

    Streams streams() {
        return streams;
    }

    Map<String, String> environment() {
        return environment;
    }

    /** Colours on a terminal, unless NO_COLOR is set. */
    Style style() {
        return style(streams.outTerminal);
    }

    Style errorStyle() {
        return style(streams.errTerminal);
    }

    private Style style(boolean terminal) {
        return new Style(terminal && environment.getOrDefault("NO_COLOR", "").isEmpty());
    }

    /** The client for these options; another one than before only when they differ from before. */
    MdsClient client(ConnectOptions options) {
        MdsClientOptions wanted = options.resolve(environment, home);
        if (!wanted.equals(connectedWith)) {
            close();
            client = CommandException.checked("--connect", () -> connector.apply(wanted));
            connectedWith = wanted;
        }
        return client;
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
            client = null;
            connectedWith = null;
        }
    }
}
