package io.mds.cli;

import io.mds.client.MdsClient;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IFactory;

/** The {@code mds} command line. */
public final class MdsCommand {
    /** In the order of the help. */
    private static final Map<String, Class<?>> COMMANDS = commands();

    private MdsCommand() {}

    private static Map<String, Class<?>> commands() {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        commands.put("status", StatusCommand.class);
        commands.put("masters", MastersCommand.class);
        commands.put("regions", RegionsCommand.class);
        commands.put("shards", ShardsCommand.class);
        commands.put("shard", ShardCommand.class);
        commands.put("region", RegionCommand.class);
        commands.put("table", TableCommand.class);
        commands.put("index", IndexCommand.class);
        commands.put("procedures", ProceduresCommand.class);
        commands.put("get", GetCommand.class);
        commands.put("put", PutCommand.class);
        commands.put("update", UpdateCommand.class);
        commands.put("delete", DeleteCommand.class);
        commands.put("scan", ScanCommand.class);
        commands.put("count", CountCommand.class);
        commands.put("watch", WatchCommand.class);
        commands.put("verify", VerifyCommand.class);
        commands.put("doctor", DoctorCommand.class);
        commands.put("import", ImportCommand.class);
        commands.put("export", ExportCommand.class);
        commands.put("shell", ShellCommand.class);
        return commands;
    }

    public static void main(String[] args) {
        ProcessLogging.configure(System.getenv("MDS_LOG"));
        // UTF-8 whatever the locale says, and not one system call for each line
        PrintStream out = new PrintStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
                false,
                StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        Session.Streams streams = new Session.Streams(
                System.in, out, err, Terminals.isTerminal(0), Terminals.isTerminal(1), Terminals.isTerminal(2));
        int code = run(streams, System.getenv(), args, GivenArguments::read);
        System.exit(code);
    }

    /**
     * Runs one command within this process and answers its exit code. The streams are flushed and left open.
     *
     * <p><em>Thread:</em> safe, for different streams.
     */
    public static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
        return run(args, System.getenv(), in, out, err);
    }

    /** The same with these environment variables instead of the process's: {@code MDS_CONNECT}, {@code MDS_CLIENT_TIMEOUT}. */
    public static int run(
            String[] args, Map<String, String> environment, InputStream in, PrintStream out, PrintStream err) {
        return run(Session.Streams.plain(in, out, err), environment, args, UnaryOperator.identity());
    }

    private static int run(
            Session.Streams streams, Map<String, String> environment, String[] args, UnaryOperator<String[]> reading) {
        try (Session session = new Session(streams, environment, System.getProperty("mds.home"), MdsClient::connect)) {
            String[] given;
            try {
                given = reading.apply(args);
            } catch (CommandException e) {
                return ErrorReport.of(e).print(session, Arrays.asList(args).contains("--json"));
            }
            return execute(session, ConnectOptions.NONE, given);
        }
    }

    /** Runs one command; the session stays open. */
    static int execute(Session session, ConnectOptions defaults, String... args) {
        CommandLine line = commandLine(new RootCommand(session, defaults), args);
        try {
            return line.execute(args);
        } finally {
            session.streams().out().flush();
            session.streams().err().flush();
        }
    }

    /** The commands that these arguments need: picocli looks at each one by reflection, and that takes its time. */
    private static CommandLine commandLine(RootCommand root, String... args) {
        if (args.length > 0 && COMMANDS.containsKey(args[0])) {
            return commandLine(root, Map.of(args[0], COMMANDS.get(args[0])), args);
        }
        return commandLine(root, COMMANDS, args);
    }

    /** All commands, with what each of them takes. */
    static CommandLine allCommands(Session session) {
        return commandLine(new RootCommand(session, ConnectOptions.NONE), COMMANDS);
    }

    private static CommandLine commandLine(RootCommand root, Map<String, Class<?>> commands, String... args) {
        IFactory factory = new CommandFactory(root);
        CommandLine line = new CommandLine(root, factory);
        commands.forEach((name, command) -> line.addSubcommand(name, new CommandLine(command, factory)));
        if (commands.size() > 1) {
            line.addSubcommand("help", new CommandLine(HelpCommand.class, factory));
        }
        Session session = root.session();
        boolean json = Arrays.asList(args).contains("--json");
        line.setOut(new PrintWriter(session.streams().out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(session.streams().err(), true, StandardCharsets.UTF_8));
        line.setColorScheme(CommandLine.Help.defaultColorScheme(session.style().on() ? Ansi.ON : Ansi.OFF));
        line.setUsageHelpLongOptionsMaxWidth(30);
        line.setUsageHelpAutoWidth(true);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(
                (failure, ignored) -> ErrorReport.of(failure).print(session, json));
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            ErrorReport report = ErrorReport.of(failure);
            if (ProcessLogging.isOn()) {
                failure.printStackTrace(session.streams().err());
            }
            return report.print(session, json);
        });
        return line;
    }

    /** Makes commands that know the root command; everything else as picocli does. */
    private record CommandFactory(RootCommand root) implements IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            for (Constructor<?> constructor : type.getDeclaredConstructors()) {
                if (Arrays.equals(constructor.getParameterTypes(), new Class<?>[] {RootCommand.class})) {
                    return type.cast(constructor.newInstance(root));
                }
            }
            return CommandLine.defaultFactory().create(type);
        }
    }
}
