package io.mds.region;

import io.mds.region.files.DurableFile;
import io.mds.region.replication.ReplicaSettings;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file with the lease that the region gave when it ran last. A region that restarts waits for a lease before it helps to
 * end a view, since it may have given one right before; when the setting was longer then, for that longer one.
 *
 * <p>Thread: the starting one. Invariant: no lease is given that is longer than what the file says.
 */
final class LastLease {
    private static final Logger LOG = LoggerFactory.getLogger(LastLease.class);
    private static final String FILE = "lease-ms";

    private LastLease() {}

    /**
     * Waits until all leases of earlier starts have ended that are longer than the present one; durable when this returns.
     *
     * @param lease given from now on
     */
    static void outlive(Path directory, Duration lease) throws IOException {
        Path file = directory.resolve(FILE);
        Duration before = read(file);
        if (before.compareTo(lease) > 0) {
            LOG.info(
                    "replication.lease was {} ms before and is {} ms now: waiting until those that were given have ended",
                    before.toMillis(),
                    lease.toMillis());
            await(before);
        }
        if (!before.equals(lease) || !Files.exists(file)) {
            DurableFile.replace(file, (lease.toMillis() + "\n").getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static Duration read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return ReplicaSettings.DEFAULTS.lease();
        }
        String text = Files.readString(file).strip();
        try {
            return Duration.ofMillis(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new IOException(file + ": '" + text + "' is no number of milliseconds", e);
        }
    }

    private static void await(Duration time) throws IOException {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while leases end");
        }
    }
}
