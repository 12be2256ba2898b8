package io.mds.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tells which TCP ports a process has, from what Linux says in /proc: that is how a proxy knows who connects to it. */
final class LoopbackPorts {
    private static final Path PROC = Path.of("/proc");
    private static final int LOCAL_ADDRESS = 1;
    private static final int INODE = 9;

    private LoopbackPorts() {}

    static boolean areKnown() {
        return Files.isReadable(PROC.resolve("self/net/tcp"));
    }

    /** None when the process is over. */
    static Set<Integer> of(long pid) {
        Set<String> inodes = sockets(pid);
        Set<Integer> ports = new HashSet<>();
        for (String table : List.of("self/net/tcp", "self/net/tcp6")) {
            Path file = PROC.resolve(table);
            try {
                for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
                    String[] words = line.strip().split("\\s+", -1);
                    if (words.length > INODE && inodes.contains(words[INODE])) {
                        String address = words[LOCAL_ADDRESS];
                        ports.add(Integer.parseInt(address.substring(address.indexOf(':') + 1), 16));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
            }
        }
        return ports;
    }

    private static Set<String> sockets(long pid) {
        Set<String> inodes = new HashSet<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(PROC.resolve(Long.toString(pid)).resolve("fd"))) {
            for (Path file : files) {
                String target = nameOf(file);
                if (target.startsWith("socket:[")) {
                    inodes.add(target.substring("socket:[".length(), target.length() - 1));
                }
            }
        } catch (IOException e) {
            return Set.of();
        }
        return inodes;
    }

    private static String nameOf(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            // Closed since it was listed.
            return "";
        }
    }
}
