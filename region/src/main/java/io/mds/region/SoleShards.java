package io.mds.region;

import io.mds.id.ShardId;
import io.mds.region.files.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A file that names the shards of which no other region has a replica, outside the store, for the day when the store cannot
 * be read any more.
 *
 * <p>Thread: the starting one, and then that of the master's orders. Invariant: a shard stands here before it is served
 * without other replicas.
 */
final class SoleShards {
    private static final String FILE = "sole-shards";

    private final Path directory;
    private Set<ShardId> written;

    SoleShards(Path directory) throws IOException {
        this.directory = directory;
        this.written = read(directory);
    }

    /** The shards named in the file of this directory. */
    static Set<ShardId> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return Set.of();
        }
        return Files.readString(file)
                .lines()
                .map(line -> new ShardId(Long.parseLong(line)))
                .collect(Collectors.toSet());
    }

    /** Durable when this returns. */
    void record(Set<ShardId> shards) {
        if (shards.equals(written)) {
            return;
        }
        String lines = new TreeSet<>(shards).stream().map(shard -> shard + "\n").collect(Collectors.joining());
        try {
            DurableFile.replace(directory.resolve(FILE), lines.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(directory.resolve(FILE) + " cannot be written: " + e.getMessage(), e);
        }
        written = Set.copyOf(shards);
    }
}
