package io.mds.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MicroCommandTest {
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private int run(String... arguments) {
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        return BenchMain.commandLine(out, out)
                .setErr(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .execute(arguments);
    }

    @Test
    void whatCannotBeMeasuredIsRefusedByName() {
        assertThat(run("micro", "nothing of that name")).isEqualTo(2);
        assertThat(run("micro", "(")).isEqualTo(2);
        assertThat(run("micro", "--seconds", "2")).isEqualTo(2);
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains(
                        "'nothing of that name' is in no name",
                        "Unclosed group in '('",
                        "--seconds: 2 is not in 3..600");
    }

    @Test
    void anOperationIsMeasuredInAJvmOfItsOwn() {
        assertThat(run("micro", "encodeKey$", "--seconds", "3")).isZero();
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .containsPattern("RowBenchmark.encodeKey +[0-9.]+ +[0-9.]+ +[0-9]+");
    }
}
