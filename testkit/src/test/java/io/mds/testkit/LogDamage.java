package io.mds.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.Stream;

/** Damages the newest segment of a dead region's log, as crashes and disks do. */
final class LogDamage {
    private static final int SEGMENT_HEADER = 64;
    private static final int FRAME_HEADER = 24;
    private static final int FRAME_MAGIC = 0xB10CFACE;

    private final Path segment;

    private LogDamage(Path segment) {
        this.segment = segment;
    }

    static LogDamage of(Member region) {
        try (Stream<Path> files = Files.walk(region.directory())) {
            return new LogDamage(files.filter(
                            file -> file.getFileName().toString().endsWith(".wal"))
                    .max(Comparator.comparing(Path::toString))
                    .orElseThrow(() -> new IllegalStateException("no log segment below " + region.directory())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a write leaves that was cut short: the beginning of a batch, with rubbish in it. */
    void tearTail(Random random) {
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            byte[] rubbish = new byte[16 + random.nextInt(2_000)];
            random.nextBytes(rubbish);
            ByteBuffer torn = ByteBuffer.wrap(rubbish).putInt(0, FRAME_MAGIC).putInt(4, 50_000);
            file.write(torn, endOfFrames());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Frames stand at multiples of 8: magic, length of the body, 16 bytes more, body. */
    private int endOfFrames() throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(segment));
        int end = SEGMENT_HEADER;
        while (end + FRAME_HEADER <= all.limit() && all.getInt(end) == FRAME_MAGIC) {
            int frame = FRAME_HEADER + all.getInt(end + 4);
            end += frame + (-frame & 7);
        }
        return end;
    }

    /** Flips one bit of the first batch: bytes that were acknowledged long ago, with others after them. */
    void flipAcknowledgedBit() {
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            int position = SEGMENT_HEADER + 30;
            file.read(one, position);
            one.put(0, (byte) (one.get(0) ^ 0x10));
            file.write(one.rewind(), position);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path segment() {
        return segment;
    }
}
