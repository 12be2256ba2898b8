package io.mds.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import io.mds.cli.text.Style;
import io.mds.client.MdsClient;
import io.mds.client.Table;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code mds} itself: the options that all commands share, and what commands need to do their work. */
@Command(
        name = "mds",
        description = "Typed tables of metadata on a cluster of databases.",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "The mds script also runs quickstart, bench, simulate, torture, master, region, zookeeper and zkcli (ZooKeeper's own client):"
                    + " 'mds quickstart' shows it all.",
            "",
            "Where the cluster is: --connect, else the environment variable MDS_CONNECT, else client.connect in the"
                    + " configuration, else zk://127.0.0.1:2181/mds.",
            "Exit codes: 0 done, 1 the request failed, 2 usage or configuration, 3 no such row or table, 4 the cluster is"
                    + " unavailable or did not answer in time."
        })
final class RootCommand implements Callable<Integer> {
    private static final JsonFactory JSON =
            JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

    private final Session session;
    private final ConnectOptions defaults;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--connect",
            paramLabel = "URI",
            scope = ScopeType.INHERIT,
            description = "The cluster: zk://host:port,host:port/root or mds://host:port,host:port.")
    private String connect;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            scope = ScopeType.INHERIT,
            converter = DurationConverter.class,
            description = "Deadline of each call: 500ms, 10s, 2m.")
    private Duration timeout;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Configuration such as config/client.conf.")
    private Path config;

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            description = "Answers, and errors on the error output, as JSON for scripts.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show help and exit.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show the version and exit.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean version;

    /**
     * @param defaults what holds where the command line says nothing
     */
    RootCommand(Session session, ConnectOptions defaults) {
        this.session = session;
        this.defaults = defaults;
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "which command? 'mds --help' lists them");
    }

    Session session() {
        return session;
    }

    ConnectOptions connectOptions() {
        return new ConnectOptions(connect, timeout, config).orElse(defaults);
    }

    MdsClient client() {
        return session.client(connectOptions());
    }

    /** A table that exists. */
    Table table(String name) {
        Table table = client().table(name);
        try {
            // The route that this asks for is needed by every command, and remembered
            table.schema();
        } catch (MdsException e) {
            throw e.code() == ErrorCode.NOT_FOUND ? noTable(name) : e;
        }
        return table;
    }

    static CommandException noTable(String name) {
        return CommandException.notFound("there is no table '" + name + "' ('mds table list' shows those there are)");
    }

    TableSchema schema(String table) {
        return table(table).schema();
    }

    boolean json() {
        return json;
    }

    PrintStream out() {
        return session.streams().out();
    }

    PrintStream err() {
        return session.streams().err();
    }

    Style style() {
        return session.style();
    }

    /** Writes one line of JSON to the output. */
    int printJson(JsonBody body) {
        out().println(jsonText(body));
        return ExitCode.OK;
    }

    static String jsonText(JsonBody body) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = JSON.createGenerator(text)) {
            body.write(generator);
        } catch (IOException e) {
            throw new IllegalStateException("a string refused to be written to", e);
        }
        return text.toString();
    }

    /** Writes something into a line of JSON. */
    interface JsonBody {
        void write(JsonGenerator json) throws IOException;
    }
}
