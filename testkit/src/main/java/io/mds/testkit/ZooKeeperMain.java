package io.mds.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/**
 * {@code mds zookeeper}: a standalone ZooKeeper in a process of its own, for trying MDS out and for tests. Production
 * wants an ensemble of three or five.
 *
 * <p>With {@code --control} it obeys lines on standard input ({@code expire SESSION}, {@code cut SESSION}, session ids in
 * hexadecimal) and ends when the input ends, so that it cannot outlive the test that started it.
 */
final class ZooKeeperMain {
    private static final String USAGE = """
            Usage: mds zookeeper [--data DIR] [--port PORT] [--host HOST]
            Runs one ZooKeeper server, for development and tests.
              --data DIR    where its data are kept (default: data/zookeeper)
              --port PORT   client port (default: 2181; 0 takes a free one)
              --host HOST   address to listen on (default: 127.0.0.1)
              --control     obey 'expire SESSION' and 'cut SESSION' on standard input; end with it
            """;

    private ZooKeeperMain() {}

    static int run(String[] args, PrintStream out, PrintStream err) {
        Path data = Path.of("data", "zookeeper");
        int port = 2181;
        String host = "127.0.0.1";
        boolean control = false;
        for (int i = 0; i < args.length; i++) {
            String option = args[i];
            if (option.equals("--help") || option.equals("-h")) {
                out.print(USAGE);
                return 0;
            }
            if (option.equals("--control")) {
                control = true;
                continue;
            }
            if (i + 1 == args.length) {
                err.println("mds zookeeper: " + option + " is unknown or lacks its value; see --help");
                return 2;
            }
            String value = args[++i];
            switch (option) {
                case "--data" -> data = Path.of(value);
                case "--host" -> host = value;
                case "--port" -> {
                    try {
                        port = Integer.parseInt(value);
                    } catch (NumberFormatException e) {
                        err.println("mds zookeeper: --port: '" + value + "' (expected: a number from 0 to 65535)");
                        return 2;
                    }
                }
                default -> {
                    err.println("mds zookeeper: unknown option " + option + "; see --help");
                    return 2;
                }
            }
        }
        System.setProperty("zookeeper.4lw.commands.whitelist", "ruok,srvr,stat,mntr");
        System.setProperty("zookeeper.admin.enableServer", "false");
        EmbeddedZooKeeper server = new EmbeddedZooKeeper(data, host, port);
        try {
            server.start();
        } catch (RuntimeException e) {
            err.println("mds zookeeper: " + e.getMessage());
            return 2;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "zookeeper-shutdown"));
        out.println("ZooKeeper is ready on " + server.connectString() + ", data in " + data.toAbsolutePath());
        out.flush();
        if (control) {
            obey(server, err);
        } else {
            awaitSignal();
        }
        server.close();
        return 0;
    }

    private static void obey(EmbeddedZooKeeper server, PrintStream err) {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try {
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                String[] words = line.trim().toLowerCase(Locale.ROOT).split(" ", -1);
                if (words.length == 2 && words[0].equals("expire")) {
                    server.expireSession(Long.parseUnsignedLong(words[1], 16));
                } else if (words.length == 2 && words[0].equals("cut")) {
                    server.cutSession(Long.parseUnsignedLong(words[1], 16));
                } else {
                    err.println(
                            "mds zookeeper: unknown command '" + line + "' (expected: expire SESSION, cut SESSION)");
                }
            }
        } catch (IOException e) {
            err.println("mds zookeeper: standard input failed: " + e.getMessage());
        }
    }

    private static void awaitSignal() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
