package io.mds.torture.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.torture.check.Operation.Kind;
import io.mds.torture.check.Operation.Seen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryFileTest {
    @TempDir
    Path directory;

    @Test
    void aHistoryIsReadAsItWasWritten() {
        Path file = directory.resolve("history.jsonl");
        History history = new TestingHistory()
                .upsert("a", 1, 2, 10, 1)
                .unknown("b", 3, Kind.INCREMENT, 1)
                .sessionRead("s", 4, 5, 10, 1)
                .insertRefused("a", 6, 7, 3)
                .batch("a", 8, 9, 7, 2)
                .scan("b", 10, 11, new Seen("g/1", 7, 2))
                .boundedRead(50, 12, 13, 7L, TestingHistory.row(10, 1))
                .eventualRead(14, 15, null)
                .lastReadAbsent(16, 17)
                .done();
        HistoryWriter.write(file, history);
        assertThat(History.read(file)).isEqualTo(history);
    }

    @Test
    void aLineThatTheEndOfTheRunCutOffIsLeftOut() throws IOException {
        Path file = directory.resolve("history.jsonl");
        History history = new TestingHistory().upsert("a", 1, 2, 10, 1).done();
        HistoryWriter.write(file, history);
        Files.writeString(file, "{\"t\":3,\"ca", StandardOpenOption.APPEND);
        assertThat(History.read(file)).isEqualTo(history);
    }

    @Test
    void whatAFileOfBeforeDoesNotTellIsNotKnown() throws IOException {
        Path file = Files.writeString(
                directory.resolve("history.jsonl"),
                "{\"t\":0,\"note\":\"" + History.FORMAT + "\"}\n"
                        + "{\"t\":1,\"call\":{\"id\":1,\"client\":\"a\",\"kind\":\"READ\",\"level\":\"STRONG\","
                        + "\"key\":\"hot/1\"}}\n"
                        + "{\"t\":2,\"id\":1,\"result\":{\"outcome\":\"OK\",\"seen\":[]}}\n");
        assertThat(History.read(file))
                .isEqualTo(new TestingHistory().readAbsent("a", 1, 2).done());
    }

    @Test
    void whatIsNotAHistorySaysWhere() throws IOException {
        Path other = Files.writeString(directory.resolve("other"), "hello\n");
        assertThatThrownBy(() -> History.read(other)).hasMessageContaining("other, line 1: not a line of a history");
        Path ends = Files.writeString(
                directory.resolve("ends"),
                "{\"t\":0,\"note\":\"" + History.FORMAT + "\"}\n{\"t\":1,\"id\":7,\"result\":{\"outcome\":\"OK\"}}\n");
        assertThatThrownBy(() -> History.read(ends)).hasMessageContaining("line 2: operation 7 ends before it begins");
    }
}
