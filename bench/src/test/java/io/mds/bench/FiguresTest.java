package io.mds.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class FiguresTest {
    @TempDir
    Path directory;

    private static Figure figure(String scenario, String target, int replicas, int clients, double perSecond) {
        return new Figure(scenario, target, replicas, clients, perSecond, 1, 2, 0);
    }

    @Test
    void aFigureIsWrittenWithTheKeysThatScriptsReadFor() throws Exception {
        String json = new ObjectMapper().writeValueAsString(figure("read", "mds", 1, 16, 1234.5));
        assertThat(json)
                .isEqualTo("{\"scenario\":\"read\",\"target\":\"mds\",\"replicas\":1,\"clients\":16,"
                        + "\"ops_per_s\":1234.5,\"p50_us\":1.0,\"p99_us\":2.0,\"errors\":0}");
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
    void copiesOfARowAreNotComparedWithAPeerThatHasOne() {
        assertThat(Goals.outcomes(
                        List.of(figure("upsert", "mds", 3, 1, 150), figure("upsert", "postgresql", 1, 1, 100))))
                .isEmpty();
    }

    @Test
    void wrongOptionsAreNamedBeforeAnythingStarts() throws Exception {
        assertThat(refusal("--scenarios", "read,write"))
                .contains("no scenario 'write'")
                .contains("upsert");
        assertThat(refusal("--targets", "mongodb")).contains("no target 'mongodb'");
        assertThat(refusal("--targets", "mds", "--clients", "0")).contains("--clients: 0 is not in 1..150");
        Path taken = Files.createDirectory(directory.resolve("taken"));
        assertThat(refusal("--targets", "mds", "--dir", taken.toString())).contains("exists already");
    }

    private static String refusal(String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
        CommandLine line = new CommandLine(new BenchMain(stream, stream))
                .setErr(new PrintWriter(stream, true, StandardCharsets.UTF_8));
        assertThat(line.execute(arguments)).isEqualTo(2);
        return said.toString(StandardCharsets.UTF_8);
    }
}
