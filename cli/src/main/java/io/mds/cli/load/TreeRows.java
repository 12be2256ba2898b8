package io.mds.cli.load;

import io.mds.client.Row;
import io.mds.table.ColumnType;
import io.mds.table.KeyCodec;
import io.mds.table.TableSchema;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A directory tree as rows: one for every file, directory and link below a directory, which itself has none.
 *
 * <p>Links are rows and are not followed. Entries that cannot be read are counted and left out, as are those whose path is
 * longer than a key may be.
 */
public final class TreeRows implements RowSource {
    /** What the encoding of two strings adds to their bytes. */
    private static final int KEY_OVERHEAD = 4;

    private final boolean posix;
    private final TreeCounter counter;
    private final Deque<Level> open = new ArrayDeque<>();
    private long rows;
    private long unreadable;
    private String firstUnreadable;

    /** A directory that is being read. */
    private record Level(String dir, DirectoryStream<Path> stream, Iterator<Path> entries) {}

    /** A table that holds the rows of a tree. */
    public static TableSchema.Builder schema(String table) {
        return TableSchema.named(table)
                .column("dir", ColumnType.STRING)
                .column("name", ColumnType.STRING)
                .column("kind", ColumnType.STRING)
                .nullableColumn("size", ColumnType.INT64)
                .column("modified", ColumnType.TIMESTAMP)
                .nullableColumn("owner", ColumnType.STRING)
                .nullableColumn("permissions", ColumnType.STRING)
                .nullableColumn("target", ColumnType.STRING)
                .primaryKey("dir", "name")
                .partitionBy("dir");
    }

    /**
     * Opens the directory.
     *
     * @param counter counts the tree meanwhile
     * @throws IOException when the directory itself cannot be read
     */
    public TreeRows(Path root, TreeCounter counter) throws IOException {
        Path absolute = root.toAbsolutePath().normalize();
        this.posix = absolute.getFileSystem().supportedFileAttributeViews().contains("posix");
        this.counter = counter;
        push(PathText.of(absolute), absolute);
    }

    @Override
    public Row next() throws IOException {
        while (!open.isEmpty()) {
            Level level = open.peek();
            Path path = nextEntry(level);
            if (path == null) {
                open.pop();
                level.stream.close();
                continue;
            }
            Row row = row(level.dir, path);
            if (row != null) {
                rows++;
                return row;
            }
        }
        return null;
    }

    private Path nextEntry(Level level) {
        try {
            return level.entries.hasNext() ? level.entries.next() : null;
        } catch (DirectoryIteratorException e) {
            unreadable(level.dir);
            return null;
        }
    }

    private Row row(String dir, Path path) throws IOException {
        String name = PathText.of(path.getFileName());
        String text = dir.endsWith("/") ? dir + name : dir + "/" + name;
        if (utf8Length(dir) + utf8Length(name) + KEY_OVERHEAD > KeyCodec.MAX_KEY_BYTES) {
            unreadable(text);
            return null;
        }
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("dir", dir);
        values.put("name", name);
        boolean directory;
        try {
            BasicFileAttributes attributes = attributes(path);
            directory = attributes.isDirectory();
            describe(path, attributes, values);
        } catch (IOException e) {
            unreadable(text);
            return null;
        }
        if (directory) {
            try {
                push(text, path);
            } catch (IOException e) {
                unreadable(text);
            }
        }
        return Row.of(values);
    }

    private BasicFileAttributes attributes(Path path) throws IOException {
        Class<? extends BasicFileAttributes> kind = posix ? PosixFileAttributes.class : BasicFileAttributes.class;
        return Files.readAttributes(path, kind, LinkOption.NOFOLLOW_LINKS);
    }

    private static void describe(Path path, BasicFileAttributes attributes, Map<String, Object> values)
            throws IOException {
        values.put("kind", kind(attributes));
        values.put("size", attributes.isRegularFile() ? attributes.size() : null);
        values.put("modified", modified(attributes));
        if (attributes instanceof PosixFileAttributes owned) {
            values.put("owner", owned.owner().getName());
            values.put("permissions", PosixFilePermissions.toString(owned.permissions()));
        }
        if (attributes.isSymbolicLink()) {
            values.put("target", PathText.of(Files.readSymbolicLink(path)));
        }
    }

    private static String kind(BasicFileAttributes attributes) {
        if (attributes.isRegularFile()) {
            return "file";
        }
        if (attributes.isDirectory()) {
            return "directory";
        }
        return attributes.isSymbolicLink() ? "link" : "other";
    }

    private static Instant modified(BasicFileAttributes attributes) {
        return attributes.lastModifiedTime().toInstant().truncatedTo(ChronoUnit.MICROS);
    }

    private void push(String dir, Path path) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(path);
        open.push(new Level(dir, stream, stream.iterator()));
    }

    private void unreadable(String path) {
        unreadable++;
        if (firstUnreadable == null) {
            firstUnreadable = path;
        }
    }

    private static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** How many entries, or the insides of how many directories, are missing. */
    public long unreadable() {
        return unreadable;
    }

    /** The first of them, or null. */
    public String firstUnreadable() {
        return firstUnreadable;
    }

    @Override
    public double share() {
        long total = counter.total();
        return total <= 0 ? -1 : Math.min(1, (double) rows / total);
    }

    @Override
    public void close() throws IOException {
        counter.close();
        for (Level level : open) {
            level.stream.close();
        }
        open.clear();
    }
}
