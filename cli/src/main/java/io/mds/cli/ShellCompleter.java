package io.mds.cli;

import io.mds.client.TableInfo;
import io.mds.error.MdsException;
import io.mds.table.Column;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Completes commands, options, tables and columns.
 *
 * <p>Tables and columns are asked from the cluster with a short deadline; while it does not answer there are none.
 */
final class ShellCompleter implements Completer {
    private static final Duration PATIENCE = Duration.ofMillis(800);
    private static final long TABLES_KEPT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final CommandLine commands;
    private final Supplier<List<String>> tables;
    private final ColumnNamesOf columns;

    /** The names of a table's columns, or none. */
    interface ColumnNamesOf {
        List<String> table(String name);
    }

    ShellCompleter(Session session, ConnectOptions options) {
        this(MdsCommand.allCommands(session), new KnownTables(session, options), name -> {
            try {
                return session.client(options).withTimeout(PATIENCE).table(name).schema().columns().stream()
                        .map(Column::name)
                        .toList();
            } catch (MdsException e) {
                return List.of();
            }
        });
    }

    ShellCompleter(CommandLine commands, Supplier<List<String>> tables, ColumnNamesOf columns) {
        this.commands = commands;
        this.tables = tables;
        this.columns = columns;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        List<String> before = line.words().subList(0, line.wordIndex());
        String word = line.wordIndex() < line.words().size() ? line.words().get(line.wordIndex()) : "";
        candidates(before, word.substring(0, Math.min(word.length(), line.wordCursor())))
                .forEach(candidates::add);
    }

    /** What can stand after these words, beginning with what is there of the next one. */
    List<Candidate> candidates(List<String> before, String word) {
        List<Candidate> found = new ArrayList<>();
        CommandLine command = commands;
        int at = 0;
        while (at < before.size() && command.getSubcommands().containsKey(before.get(at))) {
            command = command.getSubcommands().get(before.get(at));
            at++;
        }
        List<String> rest = before.subList(at, before.size());
        CommandSpec spec = command.getCommandSpec();
        if (!command.getSubcommands().isEmpty()) {
            if (rest.isEmpty()) {
                addCommands(command, found);
            }
            return found;
        }
        OptionSpec pending = rest.isEmpty() ? null : spec.findOption(rest.get(rest.size() - 1));
        List<String> positionals = positionals(spec, rest);
        if (pending != null && pending.arity().max() > 0) {
            addValues(pending, positionals, word, found);
        } else if (word.startsWith("-")) {
            addOptions(spec, found);
        } else {
            addPositionals(spec, positionals, found);
        }
        return found;
    }

    private void addCommands(CommandLine command, List<Candidate> found) {
        command.getSubcommands()
                .forEach((name, sub) -> found.add(candidate(
                        name,
                        String.join(" ", sub.getCommandSpec().usageMessage().description()))));
        if (command == commands) {
            found.add(candidate("exit", "Leave the shell."));
        }
    }

    private static void addOptions(CommandSpec spec, List<Candidate> found) {
        for (OptionSpec option : spec.options()) {
            found.add(candidate(option.longestName(), String.join(" ", option.description())));
        }
    }

    private void addPositionals(CommandSpec spec, List<String> given, List<Candidate> found) {
        for (PositionalParamSpec positional : spec.positionalParameters()) {
            if (!positional.index().contains(given.size())) {
                continue;
            }
            if (positional.paramLabel().equals("TABLE")) {
                tables.get().forEach(name -> found.add(candidate(name, null)));
            } else if (positional.paramLabel().contains("COLUMN=") && !given.isEmpty()) {
                columns.table(given.get(0)).forEach(name -> found.add(open(name + "=")));
            }
        }
    }

    private void addValues(OptionSpec option, List<String> positionals, String word, List<Candidate> found) {
        if (positionals.isEmpty()) {
            return;
        }
        List<String> names = columns.table(positionals.get(0));
        switch (option.longestName()) {
            case "--columns" -> {
                String chosen = word.substring(0, word.lastIndexOf(',') + 1);
                names.forEach(name -> found.add(open(chosen + name)));
            }
            case "--where", "--null" -> names.forEach(name -> found.add(candidate(name, null)));
            case "--set", "--increment" -> names.forEach(name -> found.add(open(name + "=")));
            default -> {
                // Whatever else options take is not for the cluster to know
            }
        }
    }

    private static List<String> positionals(CommandSpec spec, List<String> words) {
        List<String> positionals = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            OptionSpec option = spec.findOption(words.get(i));
            if (option != null) {
                i += option.arity().max() > 0 ? 1 : 0;
            } else if (!words.get(i).startsWith("-")) {
                positionals.add(words.get(i));
            }
        }
        return positionals;
    }

    private static Candidate candidate(String word, String description) {
        return new Candidate(word, word, null, description, null, null, true);
    }

    /** A candidate after which the word goes on. */
    private static Candidate open(String word) {
        return new Candidate(word, word, null, null, null, null, false);
    }

    /** The tables of the cluster, remembered for a few seconds. */
    private static final class KnownTables implements Supplier<List<String>> {
        private final Session session;
        private final ConnectOptions options;
        private List<String> names = List.of();
        private long askedAt;
        private boolean asked;

        private KnownTables(Session session, ConnectOptions options) {
            this.session = session;
            this.options = options;
        }

        @Override
        public List<String> get() {
            if (!asked || System.nanoTime() - askedAt > TABLES_KEPT_NANOS) {
                try {
                    names = session.client(options).withTimeout(PATIENCE).listTables().stream()
                            .map(TableInfo::name)
                            .toList();
                } catch (MdsException e) {
                    names = List.of();
                }
                asked = true;
                askedAt = System.nanoTime();
            }
            return names;
        }
    }
}
