package io.mds.cli;

import io.mds.cli.text.Cells;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "shell",
        description = "Run commands over one connection: typed, with history and completion, or from the input.",
        footer = {
            "",
            "Commands are those of mds, without the word mds; 'exit' or Ctrl-D ends the shell, Ctrl-C a running command.",
            "Options given to the shell hold for its commands. A line that begins with # is a comment.",
            "From the input, the first command that fails ends the shell with its exit code.",
            "",
            "  printf 'count files\\nscan files --limit 3\\n' | mds shell"
        })
final class ShellCommand implements Callable<Integer> {
    private final RootCommand root;

    @Option(names = "--keep-going", description = "From the input: go on after a command that fails.")
    private boolean keepGoing;

    ShellCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() throws IOException {
        Session session = root.session();
        // What was wrong with the options of the shell is better said now than at each command
        root.client();
        if (session.streams().inTerminal() && session.streams().outTerminal()) {
            return new InteractiveShell(session, root.connectOptions(), this::run).loop();
        }
        return script(new BufferedReader(new InputStreamReader(session.streams().in(), StandardCharsets.UTF_8)));
    }

    private int script(BufferedReader lines) throws IOException {
        int result = ExitCode.OK;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            int code = run(line);
            if (code == EXIT) {
                return result;
            }
            if (code != ExitCode.OK) {
                if (!keepGoing) {
                    return code;
                }
                result = code;
            }
        }
        return result;
    }

    /** What {@link #run} answers for a line that ends the shell. */
    static final int EXIT = -1;

    /** Runs one line; answers its exit code, or {@link #EXIT}. */
    private int run(String line) {
        Session session = root.session();
        List<String> words;
        try {
            words = Words.split(line);
        } catch (CommandException e) {
            return ErrorReport.of(e).print(session, root.json());
        }
        if (words.isEmpty()) {
            return ExitCode.OK;
        }
        String first = words.get(0);
        if (first.equals("exit") || first.equals("quit")) {
            return EXIT;
        }
        if (first.equals("shell")) {
            return ErrorReport.of(CommandException.usage("this is the shell already; 'exit' leaves it"))
                    .print(session, root.json());
        }
        if (first.equals("mds")) {
            words = words.subList(1, words.size());
        }
        if (words.isEmpty()) {
            session.streams().out().println(Cells.printable("give a command; 'help' lists them"));
            return ExitCode.OK;
        }
        return MdsCommand.execute(
                session, root.connectOptions(), withJson(words).toArray(String[]::new));
    }

    /** The words; --json given to the shell holds for each command, as its other options do. */
    private List<String> withJson(List<String> words) {
        int values = words.indexOf("--");
        List<String> options = values < 0 ? words : words.subList(0, values);
        if (!root.json() || options.contains("--json")) {
            return words;
        }
        // Right behind the command, because all that follows a -- are values
        List<String> more = new ArrayList<>(words);
        more.add(1, "--json");
        return more;
    }
}
