package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small file beside the database's own, which says how often that was made durable. A file of H2 that lost its end opens
 * without a complaint, in a state that it had long ago; this tells.
 *
 * <p>It is written after the database, and need not be durable: one that is behind finds less, and never accuses wrongly.
 *
 * <p><em>Thread:</em> any; blocks on the file.
 */
final class SyncMark {
    private static final Logger LOG = LoggerFactory.getLogger(SyncMark.class);

    private final Path file;

    @GuardedBy("this")
    private long written;

    SyncMark(Path file) {
        this.file = file;
    }

    /** 0 when it is not known. */
    long read() {
        try {
            return Long.parseLong(
                    Files.readString(file, StandardCharsets.US_ASCII).strip());
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException | NumberFormatException e) {
            LOG.warn("{} cannot be read, and does not tell whether the store is whole: {}", file, e.getMessage());
            return 0;
        }
    }

    /** A number that is less than one before it is passed over. */
    synchronized void write(long count) {
        if (count <= written) {
            return;
        }
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.writeString(next, Long.toString(count), StandardCharsets.US_ASCII);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            written = count;
        } catch (IOException e) {
            LOG.warn("{} could not be written: {}", file, e.getMessage());
        }
    }
}
