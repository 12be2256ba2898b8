package io.mds.region.snapshot;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.EncodedRow;
import io.mds.proto.ErrorCode;
import io.mds.proto.KeyRange;
import io.mds.proto.ShardChecksumReply;
import io.mds.proto.ShardChecksumRequest;
import io.mds.region.store.ShardCopy;
import io.mds.region.store.ShardStore;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * Checksums of a shard's rows, in the order of their keys, as they were after one entry of the log. Replicas that have the
 * same rows then have the same ranges and the same checksums.
 *
 * <p>A checksum is the CRC32C of the rows' keys, versions and bytes, and below it their CRC32: 64 bits, at the speed of the
 * processor's own instructions. It finds faults, not forgeries. That of no rows is 0.
 */
public final class ShardChecksums {
    private static final Comparator<ByteString> KEY_ORDER = ByteString.unsignedLexicographicalComparator();
    private static final int MAX_RANGES = 10_000;
    private static final int PAGE_ROWS = 16_384;
    private static final int PAGE_BYTES = 1024 * 1024;

    private final KeyRange whole;
    private final long rowsPerRange;
    private final Deque<ByteString> starts;
    private final ShardChecksumReply.Builder reply = ShardChecksumReply.newBuilder();
    private final CRC32C upper = new CRC32C();
    private final CRC32 lower = new CRC32();
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
    private ByteString start;
    private long rows;

    private ShardChecksums(KeyRange whole, long totalRows, int ranges) {
        this.whole = whole;
        this.start = whole.getStart();
        this.rowsPerRange = Math.max(1, (totalRows + ranges - 1) / ranges);
        this.starts = new ArrayDeque<>();
    }

    private ShardChecksums(List<ByteString> starts) {
        this.whole = KeyRange.getDefaultInstance();
        this.start = ByteString.EMPTY;
        this.rowsPerRange = Long.MAX_VALUE;
        this.starts = new ArrayDeque<>(starts);
    }

    /**
     * Of a copy, by ranges that begin at these keys, and one before them. Closes the copy; blocks on the store.
     *
     * @param starts ascending
     */
    public static ShardChecksumReply of(ShardCopy copy, List<ByteString> starts) {
        try (copy) {
            return new ShardChecksums(starts).read(copy);
        }
    }

    /**
     * Reads the rows asked for; blocks on the store, for as long as that takes.
     *
     * @throws MdsException INVALID_ARGUMENT; RESOURCE_EXHAUSTED when too many copies are open; STALE_ROUTE when the shard was
     *     dropped
     */
    public static ShardChecksumReply of(ShardStore shard, ShardChecksumRequest request) {
        int ranges = Math.max(1, request.getRanges());
        if (ranges > MAX_RANGES) {
            throw MdsException.builder(
                            ErrorCode.INVALID_ARGUMENT,
                            "checksums of " + ranges + " ranges (limit: " + MAX_RANGES + ")")
                    .withoutStackTrace()
                    .build();
        }
        try (ShardCopy copy = shard.copy(request.getRange())) {
            return new ShardChecksums(request.getRange(), copy.totalRows(), ranges).read(copy);
        }
    }

    private ShardChecksumReply read(ShardCopy copy) {
        ShardCopy.Page page;
        do {
            page = copy.nextPage(PAGE_ROWS, PAGE_BYTES);
            page.rows().forEach(this::add);
            // Then come the remembered answers.
        } while (!page.last() && page.requests().isEmpty());
        while (!starts.isEmpty()) {
            endRange(starts.poll());
        }
        return end(copy.appliedIndex().value());
    }

    private void add(EncodedRow row) {
        if (rows == rowsPerRange) {
            endRange(row.getKey());
        }
        while (!starts.isEmpty() && KEY_ORDER.compare(starts.peek(), row.getKey()) <= 0) {
            endRange(starts.poll());
        }
        add(row.getKey());
        add(row.getVersion());
        add(row.getRow());
        rows++;
    }

    private void add(ByteString bytes) {
        add(bytes.size());
        for (ByteBuffer part : bytes.asReadOnlyByteBufferList()) {
            upper.update(part.duplicate());
            lower.update(part);
        }
    }

    private void add(long value) {
        number.clear().putLong(value);
        upper.update(number.array(), 0, Long.BYTES);
        lower.update(number.array(), 0, Long.BYTES);
    }

    private void endRange(ByteString end) {
        reply.addRanges(ShardChecksumReply.Range.newBuilder()
                .setRange(KeyRange.newBuilder().setStart(start).setEnd(end))
                .setRows(rows)
                .setChecksum(rows == 0 ? 0 : upper.getValue() << Integer.SIZE | lower.getValue()));
        start = end;
        rows = 0;
        upper.reset();
        lower.reset();
    }

    private ShardChecksumReply end(long appliedIndex) {
        endRange(whole.getEnd());
        return reply.setAppliedIndex(appliedIndex).build();
    }
}
