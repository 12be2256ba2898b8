package io.mds.region;

import io.mds.config.ConfigException;
import io.mds.id.ShardId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Data of a region that nothing can be built on any more. The region begins anew, as another one: a replica that has lost
 * what it acknowledged must not vote as who it was. Its shards are made again from their other replicas, unless some have
 * none; then a person has to decide.
 */
final class DamagedData {
    private static final Logger LOG = LoggerFactory.getLogger(DamagedData.class);
    private static final String MARK = "damaged";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss").withZone(ZoneOffset.UTC);

    private DamagedData() {}

    /** What was found while the region ran, before it ended itself; null when there is nothing of the kind. */
    static String marked(Path directory) throws IOException {
        Path mark = directory.resolve(MARK);
        return Files.exists(mark) ? Files.readString(mark).strip() : null;
    }

    /** For the next start. */
    static void mark(Path directory, String damage) {
        try {
            Files.writeString(directory.resolve(MARK), damage + "\n");
        } catch (IOException e) {
            LOG.error("{} cannot be marked as damaged", directory, e);
        }
    }

    /**
     * Moves the directory aside, for whoever wants to look at it, and leaves none in its place.
     *
     * @throws ConfigException when there are shards in it that nobody else has
     */
    static void setAside(Path directory, String damage) throws IOException {
        Set<ShardId> sole = SoleShards.read(directory);
        if (!sole.isEmpty()) {
            throw new ConfigException(directory + ": " + damage + ". No other region has replicas of " + sole.size()
                    + " of its shards (such as shard " + sole.iterator().next()
                    + "), so that the region does not go on without them. Restore the directory from a copy; or, to give"
                    + " these shards up, take it away and start empty, under a new region id");
        }
        Path aside = directory.resolveSibling(directory.getFileName() + ".damaged-" + TIME.format(Instant.now()));
        Files.move(directory, aside);
        LOG.error(
                "{}: {}. All its shards have replicas elsewhere: it was moved to {}, and the region begins anew, under a new"
                        + " id; the master makes its replicas again",
                directory,
                damage,
                aside);
    }
}
