package io.mds.testkit;

import io.mds.simulator.SimulateCommand;
import io.mds.torture.TortureCommand;
import java.util.Arrays;

/** {@code java -jar mds-testkit-all.jar zookeeper|quickstart|simulate|torture}: the tools that run servers for people to try. */
public final class TestkitMain {
    private static final String USAGE = """
            Usage: mds zookeeper|quickstart|simulate|torture [OPTION]...
              zookeeper    one ZooKeeper server, for development and tests
              quickstart   a three-region cluster on this machine that shows what MDS does
              simulate     the protocol of replicated shards under simulated faults
              torture      a cluster of processes under load and faults, and whether it kept its promises
            Each has --help.
            """;

    private TestkitMain() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    private static int run(String[] args) {
        if (args.length == 0 || args[0].equals("--help") || args[0].equals("-h")) {
            System.out.print(USAGE);
            return args.length == 0 ? 2 : 0;
        }
        String[] rest = Arrays.copyOfRange(args, 1, args.length);
        return switch (args[0]) {
            case "zookeeper" -> ZooKeeperMain.run(rest, System.out, System.err);
            case "simulate" -> SimulateCommand.run(rest, System.out);
            case "torture" -> TortureCommand.run(rest, System.out, System.err);
            case "quickstart" -> QuickstartCommand.run(rest, System.out, System.err);
            default -> {
                System.err.println("mds: unknown command '" + args[0] + "'; see --help");
                yield 2;
            }
        };
    }
}
