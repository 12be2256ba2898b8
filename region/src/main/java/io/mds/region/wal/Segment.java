package io.mds.region.wal;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the log knows of one segment file in order to remove it one day.
 *
 * <p><em>Thread:</em> guarded by the log's lock of segments.
 */
final class Segment {
    private static final Pattern FILE_NAME = Pattern.compile("(\\d{12})\\.wal");

    private final long number;
    private final Path file;
    private final Map<ShardId, LogIndex> lastIndexes = new HashMap<>();
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

    void holds(ShardId shard, LogIndex index) {
        LogIndex last = lastIndexes.get(shard);
        if (last == null || last.compareTo(index) < 0) {
            lastIndexes.put(shard, index);
        }
    }

    void forget(ShardId shard) {
        lastIndexes.remove(shard);
    }

    boolean isCoveredBy(Map<ShardId, LogIndex> durableApplied) {
        for (Map.Entry<ShardId, LogIndex> held : lastIndexes.entrySet()) {
            LogIndex durable = durableApplied.get(held.getKey());
            if (durable == null || durable.compareTo(held.getValue()) < 0) {
                return false;
            }
        }
        return true;
    }
}
