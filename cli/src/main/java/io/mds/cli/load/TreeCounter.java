package io.mds.cli.load;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Counts the entries of a tree beside its import, so that the time left can be told.
 *
 * <p><em>Thread:</em> counts on a thread of its own; the answer is published once, when the count is complete.
 */
public final class TreeCounter implements AutoCloseable {
    private final Path root;
    private volatile long total = -1;
    private volatile boolean closed;

    private TreeCounter(Path root) {
        this.root = root;
    }

    /** Starts counting. */
    public static TreeCounter start(Path root) {
        TreeCounter counter = new TreeCounter(root);
        Thread thread = new Thread(counter::count, "mds-tree-counter");
        thread.setDaemon(true);
        thread.start();
        return counter;
    }

    /** How many entries there are below the root; negative while not all are counted. */
    long total() {
        return total;
    }

    private void count() {
        long entries = 0;
        Deque<Path> directories = new ArrayDeque<>();
        directories.add(root);
        while (!closed && !directories.isEmpty()) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directories.pop())) {
                for (Path path : stream) {
                    entries++;
                    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                        directories.push(path);
                    }
                }
            } catch (IOException | DirectoryIteratorException e) {
                // The import meets the same directory, and tells
                continue;
            }
        }
        if (directories.isEmpty()) {
            total = entries;
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
