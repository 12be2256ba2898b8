package io.mds.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.testkit.ClusterFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A short torture run with the same faults in each build with {@code -Pall}; longer ones are for {@code ./mds torture}.
 *
 * <p>{@code -Dmds.torture.minutes=N -Dmds.torture.seed=S -Dmds.torture.replicas=1|3} change it. The history and the logs of
 * a failure stay in {@code target/torture-SEED-...}.
 */
@Tag("soak")
class TortureIT {
    private static final long SEED = Long.getLong("mds.torture.seed", 4);

    @Test
    void whatClientsSawUnderFaultsWasPossible() throws IOException {
        Path target = Files.createDirectories(Path.of("target"));
        Path directory =
                Files.createTempDirectory(target, "torture-" + SEED + "-").toAbsolutePath();
        TortureRun.Settings settings = new TortureRun.Settings(
                Duration.ofMillis((long) (Double.parseDouble(System.getProperty("mds.torture.minutes", "2")) * 60_000)),
                SEED,
                Integer.getInteger("mds.torture.replicas", 3),
                200,
                null,
                directory,
                20_000_000);
        assertThat(new TortureRun(settings, System.out).run())
                .as("seed " + SEED + ", replay with -Dmds.torture.seed=" + SEED + "; history and logs in " + directory)
                .isTrue();
        ClusterFiles.delete(directory);
    }
}
