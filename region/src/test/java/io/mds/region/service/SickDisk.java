package io.mds.region.service;

import io.mds.region.wal.LogFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A real disk below a region's log that fails or hangs when it is told to. Any thread. */
final class SickDisk implements LogFiles {
    private final LogFiles healthy = LogFiles.onDisk();

    private volatile CountDownLatch hanging = new CountDownLatch(0);
    private volatile boolean fails;

    /** Each force fails from now on. */
    void fail() {
        fails = true;
    }

    /** No force returns from now on. */
    void hang() {
        hanging = new CountDownLatch(1);
    }

    /** Those that hang return. */
    void answer() {
        hanging.countDown();
    }

    @Override
    public LogFile create(Path file) throws IOException {
        return new SickFile(healthy.create(file));
    }

    @Override
    public LogFile open(Path file) throws IOException {
        return new SickFile(healthy.open(file));
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return healthy.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        healthy.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        healthy.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        healthy.delete(file);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        healthy.forceDirectory(directory);
    }

    @Override
    public Closeable lock(Path directory) throws IOException {
        return healthy.lock(directory);
    }

    private final class SickFile implements LogFile {
        private final LogFile file;

        SickFile(LogFile file) {
            this.file = file;
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            return file.write(source, position);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void force() throws IOException {
            try {
                hanging.await();
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
            if (fails) {
                throw new IOException("injected: input/output error");
            }
            file.force();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
