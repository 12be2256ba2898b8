package io.mds.testkit;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** The command line of {@code mds quickstart}: what to import, where to keep things, whether to stay up. */
final class QuickstartCommand {
    private static final String USAGE = """
            Usage: mds quickstart [PATH] [--exit] [--dir DIR]
            Starts ZooKeeper, two masters and three regions on this machine, imports the metadata of a real
            directory tree, asks it questions, kills the active master and a region with -9 and shows what is left.
              PATH        the tree to import (default: /usr/share)
              --exit      stop everything at the end and exit: 0 when all went well, 1 when not
              --dir DIR   where all files go (default: quickstart-data; removed and made anew)
            Listens only on free loopback ports. Ctrl-C ends it at any time; nothing is left running.
            """;
    /** Marks a directory as ours, so that no other is ever removed. */
    private static final String MARKER = ".mds-quickstart";

    private QuickstartCommand() {}

    static int run(String[] args, PrintStream out, PrintStream err) {
        Path tree = Path.of("/usr/share");
        Path home = Path.of(System.getProperty("mds.home", "."));
        Path directory = Path.of("quickstart-data");
        boolean exit = false;
        boolean treeGiven = false;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--help", "-h" -> {
                    out.print(USAGE);
                    return 0;
                }
                case "--exit" -> exit = true;
                case "--dir" -> {
                    if (++i == args.length) {
                        err.println("mds quickstart: --dir lacks its value; see --help");
                        return 2;
                    }
                    directory = Path.of(args[i]);
                }
                default -> {
                    if (args[i].startsWith("-") || treeGiven) {
                        err.println("mds quickstart: unexpected '" + args[i] + "'; see --help");
                        return 2;
                    }
                    tree = Path.of(args[i]);
                    treeGiven = true;
                }
            }
        }
        if (!Files.isDirectory(tree)) {
            err.println("mds quickstart: " + tree + " is not a directory; name one whose metadata to import");
            return 2;
        }
        Path absolute = directory.toAbsolutePath().normalize();
        try {
            prepare(absolute);
        } catch (IllegalStateException | UncheckedIOException e) {
            err.println("mds quickstart: " + e.getMessage());
            return 2;
        }
        return new Quickstart(tree.toAbsolutePath().normalize(), home, absolute, exit, out).run();
    }

    private static void prepare(Path directory) {
        try {
            if (Files.exists(directory)) {
                if (!Files.exists(directory.resolve(MARKER))) {
                    throw new IllegalStateException(directory
                            + " exists and was not made by quickstart; it stays as it is. Choose another with --dir");
                }
                try (Stream<Path> files = Files.walk(directory)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
            Files.createDirectories(directory);
            Files.createFile(directory.resolve(MARKER));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare " + directory + ": " + e, e);
        }
    }
}
