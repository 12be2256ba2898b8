package io.mds.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jline.reader.Candidate;
import org.junit.jupiter.api.Test;

class ShellTest extends CommandLineTest {
    private static final String CREATE = "table create t 'id INT64, s STRING NULL, PRIMARY KEY (id)'\n";

    @Test
    void linesFromTheInputRunOverOneConnection() {
        input = "# a comment\n\n" + CREATE + "put t id=1 s='two words'\nmds count t\nexit\ncount t\n";
        assertThat(ok("shell", "--connect", "mds://here:7400")).endsWith("inserted, version 1\n1\n");
        assertThat(connections).hasSize(1);
    }

    @Test
    void theFirstFailureEndsItWithItsCode() {
        input = CREATE + "get t 5\ncount t\n";
        Result result = run("shell");
        assertThat(result.code()).isEqualTo(3);
        assertThat(result.out()).doesNotContain("0\n");
        result = run("shell", "--keep-going");
        assertThat(result.code()).isEqualTo(3);
        assertThat(result.out()).endsWith("0\n");
    }

    @Test
    void optionsOfTheShellHoldForItsCommands() {
        input = CREATE + "table list\ncount t --json\nput t -- id=1 s=--json\n";
        assertThat(ok("shell", "--json").lines())
                .hasSize(4)
                .allMatch(line -> line.startsWith("{") || line.startsWith("[{"));
    }

    @Test
    void anOpenQuoteAndANestedShellAreRefused() {
        input = "get t 'abc\n";
        assertThat(fails(2, "shell")).contains("position 7 is never closed");
        input = "shell\n";
        assertThat(fails(2, "shell")).contains("already");
    }

    @Test
    void wordsAreCutAsInAShell() {
        assertThat(Words.split("  a 'b c'\"d\\\"e\" f\\ g '' --x=\"1 2\" # h"))
                .containsExactly("a", "b cd\"e", "f g", "", "--x=1 2", "#", "h");
        assertThat(Words.split("'C:\\x' \"C:\\y\"")).containsExactly("C:\\x", "C:\\y");
        assertThat(Words.split("# all of it")).isEmpty();
    }

    @Test
    void commandsOptionsTablesAndColumnsAreCompleted() {
        assertThat(completions("")).contains("scan", "table", "exit", "help");
        assertThat(completions("", "table")).containsExactlyInAnyOrder("create", "alter", "drop", "describe", "list");
        assertThat(completions("", "scan")).containsExactly("files", "people");
        assertThat(completions("", "table", "drop")).containsExactly("files", "people");
        assertThat(completions("--", "scan", "files")).contains("--where", "--connect", "--limit");
        assertThat(completions("", "scan", "files", "--limit")).isEmpty();
        assertThat(completions("", "scan", "files", "--where")).containsExactly("dir", "size");
        assertThat(completions("dir,", "scan", "--reverse", "files", "--columns"))
                .containsExactly("dir,dir", "dir,size");
        assertThat(completions("", "put", "files")).containsExactly("dir=", "size=");
        assertThat(completions("", "update", "files", "x", "--set")).containsExactly("dir=", "size=");
        assertThat(completions("", "import", "files")).isEmpty();
    }

    private List<String> completions(String word, String... before) {
        Session session = new Session(
                Session.Streams.plain(System.in, System.out, System.err), environment, null, options -> null);
        ShellCompleter completer = new ShellCompleter(
                MdsCommand.allCommands(session),
                () -> List.of("files", "people"),
                table -> table.equals("files") ? List.of("dir", "size") : List.of());
        return completer.candidates(List.of(before), word).stream()
                .map(Candidate::value)
                .toList();
    }
}
