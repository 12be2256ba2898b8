package io.mds.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.ToIntFunction;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * A person at a terminal: edits lines, finds old ones in {@code ~/.mds_history}, completes with the tab key.
 *
 * <p><em>Thread:</em> lines run on the calling thread; Ctrl-C interrupts it from the terminal's signal thread.
 */
final class InteractiveShell {
    private static final String HISTORY_FILE = ".mds_history";
    private static final String PROMPT = "mds> ";

    private final Session session;
    private final ConnectOptions options;
    private final ToIntFunction<String> runner;

    /**
     * @param runner runs a line and answers its exit code
     */
    InteractiveShell(Session session, ConnectOptions options, ToIntFunction<String> runner) {
        this.session = session;
        this.options = options;
        this.runner = runner;
    }

    int loop() throws IOException {
        try (Terminal terminal = TerminalBuilder.builder().system(true).build()) {
            LineReader reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    .appName("mds")
                    .parser(parser())
                    .completer(new ShellCompleter(session, options))
                    .variable(LineReader.HISTORY_FILE, Path.of(System.getProperty("user.home"), HISTORY_FILE))
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                    .option(LineReader.Option.HISTORY_IGNORE_SPACE, true)
                    .build();
            session.streams().out().println("MDS shell: 'help' lists the commands, tab completes, 'exit' leaves.");
            session.streams().out().flush();
            while (true) {
                String line;
                try {
                    line = reader.readLine(PROMPT);
                } catch (UserInterruptException e) {
                    continue;
                } catch (EndOfFileException e) {
                    return ExitCode.OK;
                }
                if (run(terminal, line) == ShellCommand.EXIT) {
                    return ExitCode.OK;
                }
            }
        }
    }

    private int run(Terminal terminal, String line) {
        Thread runningOn = Thread.currentThread();
        Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, signal -> runningOn.interrupt());
        try {
            return runner.applyAsInt(line);
        } finally {
            terminal.handle(Terminal.Signal.INT, before);
            // A Ctrl-C that came too late is not meant for the next line
            if (Thread.interrupted()) {
                session.streams().out().println();
            }
            session.streams().out().flush();
        }
    }

    /** Words as {@link Words} cuts them; an open quote goes on in the next line. */
    private static DefaultParser parser() {
        DefaultParser parser = new DefaultParser();
        parser.setEofOnUnclosedQuote(true);
        parser.setEofOnEscapedNewLine(false);
        return parser;
    }
}
