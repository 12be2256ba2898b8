package io.mds.region.wal;

import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.WriteAheadLog.Released;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the log knows of one segment file in order to remove it one day.
 *
 * <p><em>Thread:</em> guarded by the lock of {@link LogSegments}.
 */
final class Segment {
    private static final Pattern FILE_NAME = Pattern.compile("(\\d{12})\\.wal");

    private final long number;
    private final Path file;
    /**
     * The last entry of each shard: of the newest view, and of the highest index in it. Views do not go back along a shard's
     * log, so beyond an applied entry there is none of an older view: what a deposed leader left there is void, whether or
     * not anything was written in its place.
     */
    private final Map<ShardId, LogPosition> lasts = new HashMap<>();

    private final Map<ShardId, ViewNumber> promises = new HashMap<>();
    private long bytes;

    Segment(long number, Path file, long bytes) {
        this.number = number;
        this.file = file;
        this.bytes = bytes;
    }

    static Path fileOf(Path directory, long number) {
        return directory.resolve(String.format("%012d.wal", number));
    }

    /** Empty when the file is not a segment. */
    static OptionalLong numberOf(Path file) {
        Matcher name = FILE_NAME.matcher(file.getFileName().toString());
        return name.matches() ? OptionalLong.of(Long.parseLong(name.group(1))) : OptionalLong.empty();
    }

    long number() {
        return number;
    }

    Path file() {
        return file;
    }

    /** Bytes in use, without zeros written ahead. */
    long bytes() {
        return bytes;
    }

    void setBytes(long value) {
        bytes = value;
    }

    void holds(LogRecord record) {
        if (record instanceof LogRecord.Entry each) {
            lasts.merge(each.shard(), LogPosition.of(each.entry()), (known, last) -> max(known, last));
        } else if (record instanceof LogRecord.Promise promise) {
            promises.merge(promise.shard(), promise.view(), (known, view) -> max(known, view));
        }
    }

    private static <T extends Comparable<T>> T max(T one, T other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    void forget(ShardId shard) {
        lasts.remove(shard);
        promises.remove(shard);
    }

    /** Shards of which the store lacks something that is here. */
    Set<ShardId> neededBy(Map<ShardId, Released> durable) {
        Set<ShardId> shards = new TreeSet<>();
        lasts.forEach((shard, last) -> {
            Released released = durable.get(shard);
            if (released == null || last.compareTo(released.applied()) > 0) {
                shards.add(shard);
            }
        });
        promises.forEach((shard, promise) -> {
            Released released = durable.get(shard);
            if (released == null || released.promised().compareTo(promise) < 0) {
                shards.add(shard);
            }
        });
        return shards;
    }
}
