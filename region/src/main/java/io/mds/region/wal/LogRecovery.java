package io.mds.region.wal;

import io.mds.id.ShardId;
import io.mds.region.wal.LogFiles.LogFile;
import io.mds.region.wal.SegmentFormat.Header;
import io.mds.region.wal.SegmentReader.Frame;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the log at start, tells a write that had not finished from damage, and makes durable what it found.
 *
 * <p>A batch is acknowledged only after its force, and the next one is written only after that. So what follows the last
 * undamaged frame of the last segment was never acknowledged, unless an undamaged frame comes after it: then what lies
 * between is damaged, as it is when a segment ends before the next one begins. A last frame that was forced and damaged
 * later cannot be told from one that was never finished.
 */
final class LogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
    private static final String UNFINISHED_SUFFIX = ".tmp";

    private final Path directory;
    private final LogFiles files;
    private final RecoveryVisitor visitor;
    private final List<Segment> segments = new ArrayList<>();
    /** How often each shard is still to be forgotten: until it was the last time, what the log says of it is void. */
    private final Map<ShardId, Integer> forgetsAhead = new HashMap<>();

    private long nextSequence;
    private long entries;
    private long batches;
    private long tornBytes;
    private Tail tail;

    LogRecovery(Path directory, LogFiles files, RecoveryVisitor visitor) {
        this.directory = directory;
        this.files = files;
        this.visitor = visitor;
    }

    /** Where writing goes on: an open file, the end of its frames, and the end of the zeros after them. */
    record Tail(LogFile file, Header header, long end, long zeroedEnd) {}

    /** All segments, oldest first. */
    List<Segment> segments() {
        return segments;
    }

    /** Empty when there is no segment yet. */
    Optional<Tail> tail() {
        return Optional.ofNullable(tail);
    }

    /** Sequence of the next batch. */
    long nextSequence() {
        return nextSequence;
    }

    RecoveryReport run() throws IOException {
        List<Path> found = segmentFiles();
        for (Path file : found) {
            countForgets(file);
        }
        for (int i = 0; i < found.size(); i++) {
            readSegment(found.get(i), i == 0, i == found.size() - 1);
        }
        // The process that wrote these may have been killed before it forced the name of the last one.
        files.forceDirectory(directory);
        long bytes = segments.stream().mapToLong(Segment::bytes).sum();
        return new RecoveryReport(entries, batches, segments.size(), bytes, tornBytes);
    }

    private List<Path> segmentFiles() throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path file : files.list(directory)) {
            if (file.getFileName().toString().endsWith(UNFINISHED_SUFFIX)) {
                files.delete(file);
            } else if (Segment.numberOf(file).isPresent()) {
                found.add(file);
            }
        }
        found.sort(Comparator.naturalOrder());
        return found;
    }

    /** What cannot be read is not said here, but when it is read the second time. */
    private void countForgets(Path path) throws IOException {
        try (LogFile file = files.open(path)) {
            SegmentReader reader = new SegmentReader(file);
            Optional<Header> header = reader.header();
            if (header.isEmpty()) {
                return;
            }
            long salt = header.get().salt();
            long offset = SegmentFormat.HEADER_BYTES;
            for (Optional<Frame> frame = reader.frame(offset, salt);
                    frame.isPresent();
                    frame = reader.frame(offset, salt)) {
                for (LogRecord record : decode(path, offset, frame.get())) {
                    if (record instanceof LogRecord.Forget) {
                        forgetsAhead.merge(record.shard(), 1, Integer::sum);
                    }
                }
                offset = frame.get().end();
            }
        }
    }

    private void readSegment(Path path, boolean first, boolean last) throws IOException {
        long number = Segment.numberOf(path).getAsLong();
        LogFile file = files.open(path);
        boolean keepOpen = false;
        try {
            SegmentReader reader = new SegmentReader(file);
            Header header = reader.header()
                    .filter(read -> read.number() == number)
                    .orElseThrow(() -> new CorruptLogException(
                            path, 0, "no readable header of segment " + number + " in this version's format"));
            if (first) {
                nextSequence = header.firstSequence();
            } else {
                requireContinuation(path, header);
            }
            Segment segment = new Segment(number, path, reader.size());
            segments.add(segment);
            long end = readFrames(path, reader, header, segment);
            segment.setBytes(end);
            if (last) {
                tail = new Tail(file, header, end, cutTornTail(path, file, reader, header, end));
                keepOpen = true;
            }
        } finally {
            if (!keepOpen) {
                file.close();
            }
        }
    }

    private void requireContinuation(Path path, Header header) {
        Segment previous = segments.get(segments.size() - 1);
        if (header.number() != previous.number() + 1) {
            throw new CorruptLogException(
                    path, 0, "it follows segment " + previous.number() + "; those between are missing");
        }
        if (header.firstSequence() != nextSequence) {
            throw new CorruptLogException(
                    previous.file(),
                    previous.bytes(),
                    "batch " + nextSequence + " cannot be read, and the next segment begins with batch "
                            + header.firstSequence());
        }
    }

    private long readFrames(Path path, SegmentReader reader, Header header, Segment segment) throws IOException {
        long offset = SegmentFormat.HEADER_BYTES;
        while (true) {
            Optional<Frame> found = reader.frame(offset, header.salt());
            if (found.isEmpty()) {
                return offset;
            }
            Frame frame = found.get();
            if (frame.sequence() != nextSequence) {
                throw new CorruptLogException(
                        path, offset, "batch " + frame.sequence() + " stands where batch " + nextSequence + " belongs");
            }
            for (LogRecord record : decode(path, offset, frame)) {
                visit(segment, record);
            }
            nextSequence++;
            batches++;
            offset = frame.end();
        }
    }

    private static List<LogRecord> decode(Path path, long offset, Frame frame) {
        List<LogRecord> records = new ArrayList<>();
        try {
            for (int i = 0; i < frame.records(); i++) {
                records.add(SegmentFormat.readRecord(frame.body()));
            }
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw new CorruptLogException(path, offset, "batch " + frame.sequence() + " holds " + e.getMessage());
        }
        return records;
    }

    private void visit(Segment segment, LogRecord record) {
        if (record instanceof LogRecord.Entry) {
            entries++;
        }
        int ahead = forgetsAhead.getOrDefault(record.shard(), 0);
        if (record instanceof LogRecord.Forget forget) {
            forgetsAhead.put(forget.shard(), ahead - 1);
            if (ahead == 1) {
                visitor.forgotten(forget.shard(), forget.view());
            }
        } else if (ahead == 0) {
            segment.holds(record);
            if (record instanceof LogRecord.Entry each) {
                visitor.entry(each.shard(), each.entry(), each.committed());
            } else if (record instanceof LogRecord.Promise promise) {
                visitor.promised(promise.shard(), promise.view());
            }
        }
    }

    /** Returns where the zeros after the frames end. */
    private long cutTornTail(Path path, LogFile file, SegmentReader reader, Header header, long end)
            throws IOException {
        long later = reader.nextFrame(end, nextSequence, header.salt());
        if (later >= 0) {
            throw new CorruptLogException(
                    path, end, "batch " + nextSequence + " cannot be read, and a later one follows at offset " + later);
        }
        long endOfData = reader.endOfData(end);
        tornBytes = endOfData - end;
        if (tornBytes > 0) {
            LOG.warn(
                    "log segment {}: cut off {} bytes at offset {}: a write that had not finished when the region stopped",
                    path,
                    tornBytes,
                    end);
            file.truncate(end);
        }
        // The last batch is whole, and yet the process may have been killed before its force: until now it was in
        // memory alone. From here on the region vouches for it.
        file.force();
        return tornBytes > 0 ? end : reader.size();
    }
}
