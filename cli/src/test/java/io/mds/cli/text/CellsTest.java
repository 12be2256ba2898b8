package io.mds.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CellsTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @Test
    void nothingThatATerminalWouldObeyGetsThrough() {
        assertThat(Cells.printable("a\u001b[31m\nb\u202e")).isEqualTo("a\\u001b[31m\\nb\\u202e");
        assertThat(Cells.printable("Straße 漢字 😀")).isEqualTo("Straße 漢字 😀");
    }

    @Test
    void widthsAreThoseOfATerminal() {
        assertThat(Cells.width("abc")).isEqualTo(3);
        assertThat(Cells.width("漢字")).isEqualTo(4);
        assertThat(Cells.cut("abcdef", 6)).isEqualTo("abcdef");
        assertThat(Cells.cut("abcdefg", 6)).isEqualTo("abcde…");
        assertThat(Cells.cut("漢字漢字", 5)).isEqualTo("漢字…");
    }

    @Test
    void quantitiesReadWell() {
        assertThat(Cells.bytes(0)).isEqualTo("0 B");
        assertThat(Cells.bytes(1536)).isEqualTo("1.5 KiB");
        assertThat(Cells.bytes(Long.MAX_VALUE)).isEqualTo("8.0 EiB");
        assertThat(Cells.count(1, "row", "rows")).isEqualTo("1 row");
        assertThat(Cells.count(12_345, "row", "rows")).isEqualTo("12,345 rows");
        assertThat(Cells.duration(Duration.ofMillis(420))).isEqualTo("0.4 s");
        assertThat(Cells.duration(Duration.ofSeconds(59))).isEqualTo("59 s");
        assertThat(Cells.duration(Duration.ofSeconds(200))).isEqualTo("3 min 20 s");
        assertThat(Cells.duration(Duration.ofMinutes(125))).isEqualTo("2 h 05 min");
    }

    @Test
    void tablesAlignNumbersToTheRight() {
        try (TextTable table =
                new TextTable(out, new Style(false), TextTable.Heading.left("NAME"), TextTable.Heading.right("SIZE"))) {
            table.row("漢", "5").row("hosts", "1234567");
        }
        assertThat(lines()).containsExactly("NAME      SIZE", "漢           5", "hosts  1234567");
    }

    @Test
    void aTableOfAnyLengthGoesThrough() {
        try (TextTable table = new TextTable(out, new Style(false), TextTable.Heading.left("N"))) {
            for (int i = 0; i < 2000; i++) {
                table.row(Integer.toString(i));
            }
        }
        assertThat(lines()).hasSize(2001).contains("0", "1999");
    }

    @Test
    void progressIsABarOnATerminalAndALineEveryTwoSecondsElsewhere() {
        assertThat(Progress.line(5000, 0.5, Duration.ofSeconds(10), true))
                .isEqualTo("[============>           ]  50%  5,000 rows  500 rows/s  10 s left");
        assertThat(Progress.line(5000, -1, Duration.ofSeconds(10), false)).isEqualTo("5,000 rows  500 rows/s");
        AtomicLong clock = new AtomicLong();
        try (Progress progress = new Progress(out, false, clock::get)) {
            for (int second = 1; second <= 5; second++) {
                clock.set(Duration.ofSeconds(second).toNanos());
                progress.update(second, -1);
            }
        }
        assertThat(lines()).containsExactly("2 rows  1 rows/s", "4 rows  1 rows/s");
    }

    private String[] lines() {
        return bytes.toString(StandardCharsets.UTF_8).split("\\R", -1).length == 0
                ? new String[0]
                : bytes.toString(StandardCharsets.UTF_8).strip().split("\\R", -1);
    }
}
