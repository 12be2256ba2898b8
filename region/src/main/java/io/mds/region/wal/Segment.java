package io.mds.region.wal;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.WriteAheadLog.Released;
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
            lastIndexes.merge(each.shard(), each.entry().index(), (known, index) -> max(known, index));
        } else if (record instanceof LogRecord.Promise promise) {
            promises.merge(promise.shard(), promise.view(), (known, view) -> max(known, view));
        }
    }

    private static <T extends Comparable<T>> T max(T one, T other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    void forget(ShardId shard) {
        lastIndexes.remove(shard);
        promises.remove(shard);
    }

    boolean isCoveredBy(Map<ShardId, Released> durable) {
        return lastIndexes.entrySet().stream().allMatch(held -> {
                    Released released = durable.get(held.getKey());
                    return released != null && released.applied().compareTo(held.getValue()) >= 0;
                })
                && promises.entrySet().stream().allMatch(held -> {
                    Released released = durable.get(held.getKey());
                    return released != null && released.promised().compareTo(held.getValue()) >= 0;
                });
    }
}
