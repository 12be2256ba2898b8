package io.mds.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class FiguresTest {
    @TempDir
    Path directory;

    private static Figure figure(String scenario, String target, int replicas, int clients, double perSecond) {
        return new Figure(scenario, target, replicas, clients, perSecond, 1, 2, 0, 0.04);
    }

    @Test
    void aFigureIsWrittenWithTheKeysThatScriptsReadFor() throws Exception {
        String json = new ObjectMapper().writeValueAsString(figure("read", "mds", 1, 16, 1234.5));
        assertThat(json)
                .isEqualTo("{\"scenario\":\"read\",\"target\":\"mds\",\"replicas\":1,\"clients\":16,"
                        + "\"ops_per_s\":1234.5,\"p50_us\":1.0,\"p99_us\":2.0,\"errors\":0,\"compilers\":0.04}");
    }

    @Test
    void aGoalComparesTheSameScenarioWithTheSameClients() {
        List<Goals.Outcome> outcomes = Goals.outcomes(List.of(
                figure("read", "mds", 1, 1, 150),
                figure("read", "mds", 1, 16, 299),
                figure("read", "postgresql", 1, 1, 100),
                figure("read", "h2-server", 1, 16, 100)));
        assertThat(outcomes).hasSize(2);
        assertThat(outcomes.get(0).peer()).isEqualTo("postgresql");
        assertThat(outcomes.get(0).reached()).isTrue();
        assertThat(outcomes.get(1).peer()).isEqualTo("h2-server");
        assertThat(outcomes.get(1).ratio()).isEqualTo(2.99);
        assertThat(outcomes.get(1).reached()).isFalse();
    }

    @Test
    void copiesOfARowAreComparedWithThePeerThatCopiesToo() {
        List<Goals.Outcome> outcomes = Goals.outcomes(List.of(
                figure("upsert", "mds", 3, 16, 150),
                figure("upsert", "postgresql", 1, 16, 50),
                figure("upsert", "postgresql-sync", 3, 16, 100),
                figure("upsert", "mds", 1, 16, 200)));
        assertThat(outcomes)
                .extracting(Goals.Outcome::replicas, Goals.Outcome::peer, Goals.Outcome::ratio, Goals.Outcome::goal)
                .containsExactly(tuple(3, "postgresql-sync", 1.5, 1.3), tuple(1, "postgresql", 4.0, 1.5));
    }

    @Test
    void theReportPutsTheSameWorkOnEveryTargetSideBySide() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        new Report(new PrintStream(said, true, StandardCharsets.UTF_8))
                .print(List.of(
                        figure("read", "mds", 3, 64, 150),
                        figure("upsert", "mds", 3, 64, 10),
                        figure("read", "postgresql-sync", 3, 64, 100)));
        List<String> lines = said.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines.get(1)).contains("read", "mds");
        assertThat(lines.get(2)).contains("read", "postgresql-sync");
        assertThat(lines.get(3)).contains("upsert", "mds");
        assertThat(lines.get(lines.size() - 1)).contains("1.50x postgresql-sync", "goal 1.5x: reached");
    }

    @Test
    void theReportMarksWhatYoungJvmsReached() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        new Report(new PrintStream(said, true, StandardCharsets.UTF_8))
                .print(List.of(
                        new Figure("read", "mds", 3, 16, 1500, 1, 2, 0, 0.5), figure("read", "mds", 3, 64, 2500)));
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains(" 1,500* ", " 2,500  ", "\n* of JVMs whose compilers");
    }

    @Test
    void theCompilersOfThisJvmAreSeenAtWork() {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/task")), "needs Linux");
        Compilers compilers = new Compilers();
        assertThat(compilers.coresSinceLastAsked()).as("since the start").isPositive();
        assertThat(Compilers.isCompiler("C2 CompilerThre\n")).isTrue();
        assertThat(Compilers.isCompiler("client-0\n")).isFalse();
    }

    @Test
    void theMedianAndThePercentileOfPausesAreTheUsualOnes() {
        assertThat(FailoverFigures.median(List.of(3.0, 1.0, 2.0))).isEqualTo(2.0);
        assertThat(FailoverFigures.median(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(2.5);
        List<Double> hundred =
                IntStream.rangeClosed(1, 100).mapToObj(i -> (double) i).toList();
        assertThat(FailoverFigures.percentile(hundred, 99)).isEqualTo(99.0);
        assertThat(FailoverFigures.percentile(List.of(7.0), 99)).isEqualTo(7.0);
    }

    private static FailoverFigures.Summary failover(long pauseMillis, long writeMillis, ShardWriter.Finding finding) {
        FailoverFigures figures = new FailoverFigures();
        figures.leaderKilled(1, "region-1", 1, 500_000_000);
        figures.leaderKilled(2, "region-2", 1, pauseMillis * 1_000_000);
        figures.followerKilled(1, "region-3", 1, List.of(new ShardWriter.Write(0, writeMillis * 1_000_000)));
        figures.checked(finding);
        return figures.summary(10, 0);
    }

    @Test
    void failoverNamesEachLimitThatIsBrokenAndNoOther() {
        ShardWriter.Finding none = new ShardWriter.Finding(0, 0);
        assertThat(failover(1_500, 250, none).broken()).isEmpty();
        assertThat(failover(1_501, 250, none).broken())
                .singleElement()
                .asString()
                .contains("1 of 2", "1501 ms", "limit: 1500 ms");
        assertThat(failover(600, 251, none).broken()).singleElement().asString().contains("251.0 ms", "limit: 250 ms");
        assertThat(failover(600, 9, new ShardWriter.Finding(2, 3)).broken())
                .containsExactly("lost writes: 2 (limit: none)", "writes applied twice: 3 (limit: none)");
    }

    @Test
    void wrongOptionsAreNamedBeforeAnythingStarts() throws Exception {
        assertThat(refusal("--scenarios", "read,write"))
                .contains("no scenario 'write'")
                .contains("upsert");
        assertThat(refusal("--targets", "mongodb")).contains("no target 'mongodb'");
        assertThat(refusal("--targets", "mds", "--clients", "0")).contains("--clients: 0 is not in 1..150");
        assertThat(refusal("failover", "--rounds", "0")).contains("--rounds: 0 is not in 1..1000");
        Path taken = Files.createDirectory(directory.resolve("taken"));
        assertThat(refusal("--targets", "mds", "--dir", taken.toString())).contains("exists already");
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
