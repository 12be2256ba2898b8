package io.mds.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mds.bench.TakeoverFigures.Kind;
import io.mds.bench.TakeoverFigures.Times;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ControlPlaneFiguresTest {
    private static final String LOG = """
            2026-11-02T10:00:00.001Z INFO  mds-master-election      i.m.m.e.Election         STANDBY -> TAKING_OVER: first in the latch's queue
            2026-11-02T10:00:00.020Z INFO  mds-master-election      i.m.m.ControlPlane       hot takeover at entry 17 of the OpLog (2 caught up): 1000 tables, 1000 shards, 2 regions; resuming nothing
            2026-11-02T10:00:00.031Z INFO  mds-master-election      i.m.m.e.Election         TAKING_OVER -> ACTIVE: epoch 4, takeover took 29 ms (epoch 6 ms, load 13 ms, publish 9 ms)
            """;

    @TempDir
    Path directory;

    private final TakeoverFigures figures = new TakeoverFigures();

    private TakeoverFigures.Round took(int tables, Kind kind, long millis) {
        return figures.tookOver(
                tables,
                kind,
                1,
                new TakeoverLog(kind == Kind.HOT, millis, "load"),
                new Times(10_000, 0, 10_100, 10_200));
    }

    @Test
    void theTakeoverProperIsWhatTheMasterLogs() {
        assertThat(TakeoverLog.last(LOG)).contains(new TakeoverLog(true, 29, "epoch 6 ms, load 13 ms, publish 9 ms"));
    }

    @Test
    void aTakeoverThatHasNotEndedIsNoneYetEvenAfterAnother() {
        String begun = "INFO i.m.m.ControlPlane cold takeover at entry 18 of the OpLog (0 caught up): 3 tables\n";
        assertThat(TakeoverLog.last("")).isEmpty();
        assertThat(TakeoverLog.last(begun)).isEmpty();
        assertThat(TakeoverLog.last(LOG + begun)).isEmpty();
        assertThat(TakeoverLog.last(LOG + begun + "takeover took 1203 ms (epoch 3 ms, load 1200 ms, publish 0 ms)"))
                .get()
                .extracting(TakeoverLog::hot, TakeoverLog::tookMillis)
                .containsExactly(false, 1203L);
    }

    @Test
    void roundsAreSummedUpByTablesAndKindInTheOrderOfMeasuring() {
        took(1_000, Kind.COLD, 90);
        took(1_000, Kind.HOT, 10);
        took(1_000, Kind.HOT, 40);
        took(1_000, Kind.HOT, 20);
        took(10_000, Kind.HOT, 11);
        assertThat(figures.summaries())
                .extracting(
                        TakeoverFigures.Summary::tables,
                        TakeoverFigures.Summary::kind,
                        TakeoverFigures.Summary::rounds,
                        TakeoverFigures.Summary::takeoverMillis,
                        TakeoverFigures.Summary::longestTakeoverMillis)
                .containsExactly(
                        tuple(1_000, "cold", 1, 90.0, 90.0),
                        tuple(1_000, "hot", 3, 20.0, 40.0),
                        tuple(10_000, "hot", 1, 11.0, 11.0));
    }

    @Test
    void theGoalsAreForHotTakeoversOfManyTablesAndCompareThemWithFew() {
        took(1_000, Kind.HOT, 12);
        assertThat(figures.outcomes()).isEmpty();
        took(100_000, Kind.COLD, 9_000);
        assertThat(figures.outcomes()).isEmpty();
        took(100_000, Kind.HOT, 30);
        assertThat(figures.outcomes())
                .extracting(TakeoverFigures.Outcome::measured, TakeoverFigures.Outcome::reached)
                .containsExactly(tuple("30 ms", true), tuple("2.50x", false));
        took(100_000, Kind.HOT, 18);
        took(100_000, Kind.HOT, 300);
        took(100_000, Kind.HOT, 20);
        took(100_000, Kind.HOT, 18);
        assertThat(figures.outcomes())
                .extracting(TakeoverFigures.Outcome::measured, TakeoverFigures.Outcome::reached)
                .containsExactly(tuple("300 ms", false), tuple("1.67x", true));
    }

    @Test
    void tablesAndZnodesPerSecondAreOfThoseThatWereCreated() throws Exception {
        DdlFigures ddl = DdlFigures.of(1_000, 64, 5_000_000_000L, 100, 410, 500_000_000L);
        assertThat(ddl.tablesPerSecond()).isEqualTo(180.0);
        assertThat(ddl.znodesPerSecond()).isEqualTo(2_000.0);
        assertThat(ddl.ratio()).isEqualTo(0.09);
        assertThat(new ObjectMapper().writeValueAsString(ddl))
                .isEqualTo(
                        "{\"scenario\":\"ddl\",\"target\":\"mds\",\"tables\":1000,\"under_way\":64,\"tables_per_s\":180.0,"
                                + "\"znode_bytes\":410,\"znodes_per_s\":2000.0,\"ratio\":0.09,\"errors\":100}");
    }

    @Test
    void resultsAreAsManyLinesOfJson() throws Exception {
        Path file = directory.resolve("rounds.json");
        JsonLines lines = new JsonLines(file);
        lines.add(took(1_000, Kind.HOT, 12));
        lines.add(took(1_000, Kind.COLD, 80));
        assertThat(Files.readAllLines(file))
                .hasSize(2)
                .allSatisfy(line -> assertThat(new ObjectMapper()
                                .readTree(line)
                                .get("detection_ms")
                                .asDouble())
                        .isEqualTo(10_000));
        assertThat(Files.readString(file)).contains("\"kind\":\"hot\"", "\"takeover_ms\":80.0");
    }

    @Test
    void wrongOptionsAreNamedBeforeAnythingStarts() throws Exception {
        assertThat(refusal("takeover", "--rounds", "0")).contains("--rounds: 0 is not in 1..100");
        assertThat(refusal("takeover", "--tables", "1000,0")).contains("--tables: 0 is not in 1..200000");
        assertThat(refusal("ddl", "--tables", "0")).contains("--tables: 0 is not in 1..20000");
        Path taken = Files.createDirectory(directory.resolve("taken"));
        assertThat(refusal("ddl", "--dir", taken.toString())).contains("exists already");
        assertThat(refusal("takeover", "--dir", taken.toString())).contains("exists already");
    }

    private static String refusal(String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
        CommandLine line =
                BenchMain.commandLine(stream, stream).setErr(new PrintWriter(stream, true, StandardCharsets.UTF_8));
        assertThat(line.execute(arguments)).isEqualTo(2);
        return said.toString(StandardCharsets.UTF_8);
    }
}
