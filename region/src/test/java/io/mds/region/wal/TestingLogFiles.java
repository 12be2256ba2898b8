package io.mds.region.wal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * A disk in memory that misbehaves as disks do: it writes less than asked, fails, hangs, and on a crash keeps any part of
 * what was not forced, sector by sector.
 */
final class TestingLogFiles implements LogFiles {
    private static final int SECTOR_BYTES = 512;

    private final Random random;
    private Map<Path, Content> files = new TreeMap<>();
    /** The directory as the medium has it. */
    private Map<Path, Content> forcedDirectory = new TreeMap<>();

    private boolean shortWrites;
    private int forcesUntilFailure = Integer.MAX_VALUE;
    private int writesUntilFailure = Integer.MAX_VALUE;
    private volatile CountDownLatch hang;
    private int forces;

    TestingLogFiles(long seed) {
        this.random = new Random(seed);
    }

    /** What a file holds: in the page cache, on the medium, and which sectors differ. */
    private static final class Content {
        byte[] cached = new byte[0];
        byte[] medium = new byte[0];
    }

    synchronized void writeShort() {
        shortWrites = true;
    }

    synchronized void failForceAfter(int successes) {
        forcesUntilFailure = successes;
    }

    synchronized void failWriteAfter(int successes) {
        writesUntilFailure = successes;
    }

    /** Forces hang until the latch opens. */
    void hangForcesUntil(CountDownLatch latch) {
        hang = latch;
    }

    synchronized int forces() {
        return forces;
    }

    /** The process ends, and the next one finds all that it wrote, forced or not. */
    synchronized void kill() {
        forcesUntilFailure = Integer.MAX_VALUE;
        writesUntilFailure = Integer.MAX_VALUE;
    }

    /** Power is lost: of what was not forced, each sector is kept or not, at random. */
    synchronized void crash() {
        Map<Path, Content> survivors = new TreeMap<>();
        Map<Path, Content> directory = random.nextBoolean() ? files : forcedDirectory;
        directory.forEach((path, content) -> {
            Content survivor = new Content();
            survivor.cached = tear(content);
            survivor.medium = survivor.cached.clone();
            survivors.put(path, survivor);
        });
        files = survivors;
        forcedDirectory = new TreeMap<>(survivors);
        kill();
    }

    private byte[] tear(Content content) {
        int common = Math.min(content.cached.length, content.medium.length);
        int size = content.cached.length == content.medium.length
                ? content.cached.length
                : common + random.nextInt(Math.max(content.cached.length, content.medium.length) - common + 1);
        byte[] kept = Arrays.copyOf(content.medium, size);
        for (int start = 0; start < size; start += SECTOR_BYTES) {
            if (random.nextBoolean()) {
                int end = Math.min(Math.min(start + SECTOR_BYTES, size), content.cached.length);
                if (end > start) {
                    System.arraycopy(content.cached, start, kept, start, end - start);
                }
            }
        }
        return kept;
    }

    synchronized byte[] read(Path file) {
        return files.get(file).cached.clone();
    }

    /** Replaces a file, as if the medium had always held this. */
    synchronized void replace(Path file, byte[] bytes) {
        Content content = new Content();
        content.cached = bytes.clone();
        content.medium = bytes.clone();
        files.put(file, content);
        forcedDirectory.put(file, content);
    }

    synchronized void lose(Path file) {
        files.remove(file);
        forcedDirectory.remove(file);
    }

    synchronized Map<Path, byte[]> snapshot() {
        Map<Path, byte[]> copy = new HashMap<>();
        files.forEach((path, content) -> copy.put(path, content.cached.clone()));
        return copy;
    }

    @Override
    public synchronized LogFile create(Path file) throws IOException {
        if (files.containsKey(file)) {
            throw new IOException("exists: " + file);
        }
        files.put(file, new Content());
        return new OpenFile(files.get(file));
    }

    @Override
    public synchronized LogFile open(Path file) throws IOException {
        if (!files.containsKey(file)) {
            throw new NoSuchFileException(file.toString());
        }
        return new OpenFile(files.get(file));
    }

    @Override
    public synchronized List<Path> list(Path directory) {
        List<Path> found = new ArrayList<>();
        for (Path file : files.keySet()) {
            if (directory.equals(file.getParent())) {
                found.add(file);
            }
        }
        return found;
    }

    @Override
    public void createDirectories(Path directory) {
        // Directories exist by being named.
    }

    @Override
    public synchronized void rename(Path from, Path to) {
        files.put(to, files.remove(from));
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        if (files.remove(file) == null) {
            throw new NoSuchFileException(file.toString());
        }
    }

    @Override
    public synchronized void forceDirectory(Path directory) throws IOException {
        if (--forcesUntilFailure < 0) {
            throw new IOException("injected: input/output error");
        }
        forcedDirectory = new TreeMap<>(files);
    }

    @Override
    public Closeable lock(Path directory) {
        return () -> {};
    }

    private final class OpenFile implements LogFile {
        private final Content content;

        OpenFile(Content content) {
            this.content = content;
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            synchronized (TestingLogFiles.this) {
                if (--writesUntilFailure < 0) {
                    throw new IOException("injected: no space left on device");
                }
                int length = shortWrites ? 1 + random.nextInt(source.remaining()) : source.remaining();
                int end = Math.toIntExact(position + length);
                if (end > content.cached.length) {
                    content.cached = Arrays.copyOf(content.cached, end);
                }
                source.get(content.cached, (int) position, length);
                return length;
            }
        }

        @Override
        public int read(ByteBuffer target, long position) {
            synchronized (TestingLogFiles.this) {
                int length = (int) Math.min(target.remaining(), content.cached.length - position);
                if (length <= 0) {
                    return -1;
                }
                target.put(content.cached, (int) position, length);
                return length;
            }
        }

        @Override
        public long size() {
            synchronized (TestingLogFiles.this) {
                return content.cached.length;
            }
        }

        @Override
        public void truncate(long size) {
            synchronized (TestingLogFiles.this) {
                content.cached = Arrays.copyOf(content.cached, (int) Math.min(size, content.cached.length));
            }
        }

        @Override
        public void force() throws IOException {
            CountDownLatch latch = hang;
            if (latch != null) {
                try {
                    latch.await();
                } catch (InterruptedException e) {
                    throw new IOException("interrupted", e);
                }
            }
            synchronized (TestingLogFiles.this) {
                forces++;
                if (--forcesUntilFailure < 0) {
                    throw new IOException("injected: input/output error");
                }
                content.medium = content.cached.clone();
            }
        }

        @Override
        public void close() {
            // Nothing to give back.
        }
    }
}
