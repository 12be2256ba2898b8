package io.mds.region.store;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files with the latest changes of all shards, from which the memory of changes is filled again after a restart.
 *
 * <p>Records are appended to the newest file; the oldest file goes when those after it hold as much as is wanted. They are
 * no log: what is lost of them was forgotten early, no more. Each record says which stretch of its shard's log it covers, so
 * that whoever reads them notices what is missing; therefore nothing is repaired here, a file ends where it cannot be read.
 *
 * <p><em>Invariant:</em> each file begins with how far each shard was covered by the files before it.
 *
 * <p><em>Thread:</em> one at a time; blocks on the disk.
 */
final class ChangeFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeFiles.class);
    private static final String ENDING = ".changes";
    private static final long MAGIC = 0x4d44_5343_4847_0001L;
    private static final int FRAME_BYTES = 2 * Integer.BYTES;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final long MIN_FILE_BYTES = 1 << 16;
    private static final long MAX_FILE_BYTES = 64 << 20;
    private static final int FILES = 8;

    private final Path directory;
    private final long keptBytes;
    private final Deque<Named> files = new ArrayDeque<>();
    private final Map<ShardId, Covered> covered = new HashMap<>();
    private long lastNumber;
    private FileOutputStream file;
    private OutputStream out;
    private long fileBytes;

    private record Named(Path path, long bytes) {}

    /** Nothing changed after {@code told} and up to {@code upTo}. */
    private record Covered(LogIndex told, LogIndex upTo) {
        static Covered after(Covered before, ChangeRecord record) {
            boolean goesOn = before != null && record.from().compareTo(before.upTo) <= 0;
            LogIndex told = goesOn ? before.told : record.from();
            LogIndex upTo = goesOn && before.upTo.compareTo(record.upTo()) > 0 ? before.upTo : record.upTo();
            boolean tells = !record.changes().isEmpty() && record.upTo().compareTo(told) > 0;
            return new Covered(tells ? record.upTo() : told, upTo);
        }
    }

    /** @param keptBytes that are kept at least, as soon as there were as many; a quarter more at most, or a single record */
    ChangeFiles(Path directory, long keptBytes) {
        this.directory = directory;
        this.keptBytes = keptBytes;
    }

    /** Gives all records, oldest first. Once, and before anything is written. */
    void read(Predicate<ShardId> wanted, Consumer<ChangeRecord> visitor) throws IOException {
        Files.createDirectories(directory);
        List<Path> found;
        try (Stream<Path> all = Files.list(directory)) {
            found = all.filter(path -> path.getFileName().toString().endsWith(ENDING))
                    .sorted()
                    .toList();
        }
        for (Path path : found) {
            String name = path.getFileName().toString();
            lastNumber = Long.parseLong(name.substring(0, name.length() - ENDING.length()));
            byte[] bytes = Files.readAllBytes(path);
            files.add(new Named(path, bytes.length));
            read(path, ByteBuffer.wrap(bytes), wanted, visitor);
        }
    }

    private void read(Path path, ByteBuffer bytes, Predicate<ShardId> wanted, Consumer<ChangeRecord> visitor) {
        if (bytes.remaining() < Long.BYTES || bytes.getLong() != MAGIC) {
            LOG.warn("{} holds no changes of this version's format: passed over", path);
            return;
        }
        while (bytes.remaining() >= FRAME_BYTES) {
            int size = bytes.getInt();
            int checksum = bytes.getInt();
            if (size < 0 || size > bytes.remaining() || checksum(bytes.slice(bytes.position(), size)) != checksum) {
                LOG.info("{} ends early, at byte {}, as after a crash", path, bytes.position() - FRAME_BYTES);
                return;
            }
            ChangeRecord record = ChangeRecord.read(bytes.slice(bytes.position(), size));
            bytes.position(bytes.position() + size);
            if (wanted.test(record.shard())) {
                note(record);
                visitor.accept(record);
            }
        }
    }

    private void note(ChangeRecord record) {
        covered.compute(record.shard(), (shard, before) -> Covered.after(before, record));
    }

    /**
     * Appends records. A crash of the process does not take them back, one of the machine may.
     *
     * @throws IOException when they could not be written; some may have been
     */
    void write(List<ChangeRecord> records) throws IOException {
        boolean written = false;
        try {
            for (ChangeRecord each : records) {
                if (out == null || fileBytes >= Math.max(MIN_FILE_BYTES, Math.min(MAX_FILE_BYTES, keptBytes / FILES))) {
                    startFile();
                }
                append(each);
                note(each);
            }
            out.flush();
            written = true;
        } finally {
            if (!written) {
                // What comes after half a record could not be read.
                abandonFile();
            }
        }
    }

    private void startFile() throws IOException {
        endFile();
        Path path = directory.resolve(String.format("%012d%s", ++lastNumber, ENDING));
        file = new FileOutputStream(path.toFile());
        out = new BufferedOutputStream(file, BUFFER_BYTES);
        files.add(new Named(path, 0));
        out.write(ByteBuffer.allocate(Long.BYTES).putLong(MAGIC).array());
        fileBytes = Long.BYTES;
        for (Map.Entry<ShardId, Covered> each : covered.entrySet()) {
            append(new ChangeRecord(
                    each.getKey(), each.getValue().told(), each.getValue().upTo(), List.of()));
        }
        removeOldest();
    }

    private void append(ChangeRecord record) throws IOException {
        int size = record.bytes();
        ByteBuffer frame = ByteBuffer.allocate(FRAME_BYTES + size);
        frame.position(FRAME_BYTES);
        record.write(frame);
        frame.putInt(0, size).putInt(Integer.BYTES, checksum(frame.slice(FRAME_BYTES, size)));
        out.write(frame.array());
        fileBytes += frame.capacity();
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return (int) sum.getValue();
    }

    private void endFile() throws IOException {
        if (out != null) {
            out.flush();
            abandonFile();
        }
    }

    private void abandonFile() throws IOException {
        out = null;
        if (file != null) {
            FileOutputStream ending = file;
            file = null;
            files.add(new Named(files.removeLast().path(), fileBytes));
            ending.close();
        }
    }

    private void removeOldest() throws IOException {
        long after = files.stream().mapToLong(Named::bytes).sum();
        while (files.size() > 1) {
            after -= files.getFirst().bytes();
            if (after < keptBytes) {
                return;
            }
            Files.deleteIfExists(files.removeFirst().path());
        }
    }

    /** The shard is gone. */
    void forget(ShardId shard) {
        covered.remove(shard);
    }

    /** What was written survives a crash of the machine, too. */
    void force() throws IOException {
        if (file != null) {
            out.flush();
            file.getFD().sync();
        }
    }

    @Override
    public void close() throws IOException {
        force();
        endFile();
    }
}
