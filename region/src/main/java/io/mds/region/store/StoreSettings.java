package io.mds.region.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Where and how the store keeps its rows.
 *
 * @param url {@code jdbc:h2:file:...} or {@code jdbc:postgresql://...}
 * @param user empty for none
 * @param password empty for none
 * @param poolSize connections; not less than the threads that read and apply
 * @param cacheBytes page cache of an embedded database
 * @param rowCacheBytes rows kept in memory, with and without changes that the database does not have yet; the more, the
 *     less often a row that changes often is written. With 0, only a few MiB of changes are
 * @param copies copies of shards that may be open at once; each has a connection beside the pool's size
 * @param changeBytes changes of rows that are remembered for those who watch; 0 for none
 * @param changeDirectory where they are kept over a restart; empty for nowhere
 * @param connectionTimeout how long to wait for a connection of the pool
 */
public record StoreSettings(
        String url,
        String user,
        String password,
        int poolSize,
        long cacheBytes,
        long rowCacheBytes,
        int copies,
        long changeBytes,
        Optional<Path> changeDirectory,
        Duration connectionTimeout) {
    private static final long MIB = 1024 * 1024;
    private static final int DEFAULT_COPIES = 4;
    private static final long DEFAULT_CHANGES = 32 * MIB;
    private static final String FILE_PREFIX = "jdbc:h2:file:";
    private static final String MARK_ENDING = ".synced";
    private static final List<String> FILE_ENDINGS = List.of(".mv.db", ".trace.db", MARK_ENDING);

    public StoreSettings {
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
        Objects.requireNonNull(changeDirectory, "changeDirectory");
        Objects.requireNonNull(connectionTimeout, "connectionTimeout");
        if (!url.startsWith("jdbc:h2:") && !url.startsWith("jdbc:postgresql:")) {
            throw new IllegalArgumentException(
                    "store url: '" + url + "' (expected: jdbc:h2:file:... or jdbc:postgresql://...)");
        }
        require(poolSize >= 2 && poolSize <= 256, "pool size", poolSize, "2 to 256");
        require(cacheBytes >= MIB, "cache", cacheBytes, "at least 1 MiB");
        require(rowCacheBytes >= 0, "row cache", rowCacheBytes, "0 or more bytes");
        require(changeBytes >= 0, "changes", changeBytes, "0 or more bytes");
        require(copies >= 1 && copies <= 64, "copies", copies, "1 to 64");
        require(
                connectionTimeout.toMillis() >= 250,
                "connection timeout",
                connectionTimeout.toMillis(),
                "at least 250 ms");
    }

    /** With the usual number of copies and of changes. */
    public StoreSettings(
            String url,
            String user,
            String password,
            int poolSize,
            long cacheBytes,
            long rowCacheBytes,
            Duration connectionTimeout) {
        this(
                url,
                user,
                password,
                poolSize,
                cacheBytes,
                rowCacheBytes,
                DEFAULT_COPIES,
                DEFAULT_CHANGES,
                Optional.empty(),
                connectionTimeout);
    }

    private static void require(boolean holds, String what, long value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("store " + what + ": " + value + " (expected: " + expected + ")");
        }
    }

    /** An H2 database in a file; the name is given without H2's own ending. Caches take their share of the heap. */
    public static StoreSettings h2File(Path file) {
        return new StoreSettings(
                "jdbc:h2:file:" + file.toAbsolutePath(),
                "",
                "",
                10,
                shareOfHeap(16, 256),
                shareOfHeap(6, 1024),
                Duration.ofSeconds(5));
    }

    /** Where the database's files are, without their endings; empty when it is not in files of this machine. */
    public Optional<Path> file() {
        if (!url.startsWith(FILE_PREFIX)) {
            return Optional.empty();
        }
        String path = url.substring(FILE_PREFIX.length());
        int options = path.indexOf(';');
        return Optional.of(Path.of(options < 0 ? path : path.substring(0, options)));
    }

    /** The file that says how often the database was made durable; empty when it is not in files of this machine. */
    Optional<Path> markFile() {
        return file().map(base -> base.resolveSibling(base.getFileName() + MARK_ENDING));
    }

    /** The files that make up the store, whether they are there or not; empty when it is not in files of this machine. */
    public List<Path> files() {
        return file().map(base -> FILE_ENDINGS.stream()
                        .map(ending -> base.resolveSibling(base.getFileName() + ending))
                        .toList())
                .orElse(List.of());
    }

    private static long shareOfHeap(int divisor, int maxMib) {
        long share = Runtime.getRuntime().maxMemory() / divisor;
        return Math.max(16 * MIB, Math.min(maxMib * MIB, share));
    }

    @Override
    public String toString() {
        return "StoreSettings[url=" + url + ", user=" + user + ", poolSize=" + poolSize + ", cacheBytes=" + cacheBytes
                + ", rowCacheBytes=" + rowCacheBytes + ", copies=" + copies + ", changeBytes=" + changeBytes
                + ", changeDirectory=" + changeDirectory.map(Path::toString).orElse("none") + "]";
    }
}
