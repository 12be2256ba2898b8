package io.mds.config;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The command line that the daemons share.
 *
 * @param config null when none was given
 */
public record DaemonCommandLine(Path config, List<String> overrides) {
    /**
     * Reads the arguments; prints help or the version and gives nothing when they ask for it.
     *
     * @throws ConfigException for anything else than the known options
     */
    public static Optional<DaemonCommandLine> parse(String name, String[] args, PrintStream out) {
        Path config = null;
        List<String> overrides = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--help", "-h" -> {
                    out.println("Usage: " + name + " [--config FILE] [--set KEY=VALUE]...");
                    out.println("  --config FILE    HOCON file with what differs from the defaults");
                    out.println("  --set KEY=VALUE  overrides one key; an environment variable MDS_KEY does as well");
                    out.println("  --version        prints the version");
                    return Optional.empty();
                }
                case "--version" -> {
                    out.println(name + " " + version());
                    return Optional.empty();
                }
                case "--config" -> config = Path.of(value(name, args, ++i));
                case "--set" -> overrides.add(value(name, args, ++i));
                default -> throw new ConfigException("unknown argument '" + args[i] + "'; see " + name + " --help");
            }
        }
        return Optional.of(new DaemonCommandLine(config, List.copyOf(overrides)));
    }

    private static String value(String name, String[] args, int index) {
        if (index >= args.length) {
            throw new ConfigException(args[index - 1] + " lacks its value; see " + name + " --help");
        }
        return args[index];
    }

    /** The version in the jar's manifest, or "development". */
    public static String version() {
        String version = DaemonCommandLine.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
