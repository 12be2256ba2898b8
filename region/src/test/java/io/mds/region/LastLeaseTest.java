package io.mds.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastLeaseTest {
    @TempDir
    Path directory;

    private Duration waited(Duration lease) throws IOException {
        long begun = System.nanoTime();
        LastLease.outlive(directory, lease);
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private String kept() throws IOException {
        return Files.readString(directory.resolve("lease-ms"));
    }

    @Test
    void aShorterLeaseComesAfterThoseThatWereGiven() throws IOException {
        LastLease.outlive(directory, Duration.ofMillis(1_200));
        assertThat(kept()).isEqualTo("1200\n");
        assertThat(waited(Duration.ofMillis(300))).isGreaterThanOrEqualTo(Duration.ofMillis(1_200));
        assertThat(kept()).isEqualTo("300\n");
    }

    @Test
    void whoKeptNoLeaseGaveTheUsualOne() throws IOException {
        assertThat(waited(Duration.ofMillis(200))).isGreaterThanOrEqualTo(Duration.ofMillis(500));
        assertThat(kept()).isEqualTo("200\n");
    }

    @Test
    void aLongerLeaseIsKeptBeforeItIsGiven() throws IOException {
        LastLease.outlive(directory, Duration.ofMillis(500));
        LastLease.outlive(directory, Duration.ofMillis(900));
        assertThat(kept()).isEqualTo("900\n");
    }

    @Test
    void afterAnInterruptTheLongerOneStillStands() throws IOException {
        LastLease.outlive(directory, Duration.ofMillis(900));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> LastLease.outlive(directory, Duration.ofMillis(300)))
                .isInstanceOf(IOException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(kept()).isEqualTo("900\n");
    }

    @Test
    void whatIsNoNumberIsRefused() throws IOException {
        Files.writeString(directory.resolve("lease-ms"), "half a second");
        assertThatThrownBy(() -> LastLease.outlive(directory, Duration.ofMillis(300)))
                .hasMessageContaining("lease-ms: 'half a second' is no number of milliseconds");
    }
}
