package io.mds.client;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValueFactory;
import io.mds.config.EnvironmentVariables;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Reads {@link MdsClientOptions} from a configuration file: defaults, then the file, the environment, and overrides, each
 * stronger than the one before. All problems are told together.
 *
 * <p>The process's own configuration (system properties, application.conf) plays no part: it is not the client's.
 */
final class ClientConfigFile {
    private static final String DEFAULTS = "mds-client-reference.conf";
    private static final String SECTION = "client";

    private final Config config;
    private final List<String> problems = new ArrayList<>();

    private ClientConfigFile(Config config) {
        this.config = config;
    }

    static MdsClientOptions read(Path file, List<String> overrides, Map<String, String> environment) {
        Config defaults = ConfigFactory.parseResources(
                ClientConfigFile.class.getClassLoader(),
                DEFAULTS,
                ConfigParseOptions.defaults().setAllowMissing(false));
        Set<String> keys = keysOf(defaults);
        try {
            Config given = environment(overrides(parse(file), overrides), overrides, keys, environment);
            return new ClientConfigFile(given.withFallback(defaults).resolve()).options(keysOf(given), keys, file);
        } catch (ConfigException e) {
            throw invalid(file, List.of(String.valueOf(e.getMessage())));
        }
    }

    private static Config parse(Path file) {
        if (file == null) {
            return ConfigFactory.empty();
        }
        if (!Files.isReadable(file)) {
            throw invalid(file, List.of("there is no such file, or it cannot be read"));
        }
        return ConfigFactory.parseFile(file.toFile());
    }

    private static Config overrides(Config config, List<String> overrides) {
        Config result = config;
        for (String override : overrides) {
            int equals = override.indexOf('=');
            if (equals < 1) {
                throw invalid(null, List.of("override '" + override + "' (expected: key=value)"));
            }
            result = result.withValue(
                    override.substring(0, equals).strip(),
                    ConfigValueFactory.fromAnyRef(override.substring(equals + 1).strip(), "override " + override));
        }
        return result;
    }

    private static Config environment(
            Config config, List<String> overrides, Set<String> keys, Map<String, String> environment) {
        Config result = config;
        for (String key : keys) {
            String variable = EnvironmentVariables.nameOf(key);
            String value = environment.get(variable);
            boolean overridden =
                    overrides.stream().anyMatch(override -> override.strip().startsWith(key + "="));
            if (value != null && !overridden) {
                result = result.withValue(key, ConfigValueFactory.fromAnyRef(value, "environment " + variable));
            }
        }
        return result;
    }

    private static Set<String> keysOf(Config config) {
        Set<String> keys = new TreeSet<>();
        if (config.hasPath(SECTION)) {
            config.getConfig(SECTION).entrySet().forEach(entry -> keys.add(SECTION + "." + entry.getKey()));
        }
        return keys;
    }

    private MdsClientOptions options(Set<String> given, Set<String> known, Path file) {
        for (String key : given) {
            if (!known.contains(key)) {
                problems.add(key + ": unknown key (known: " + String.join(", ", known) + ")");
            }
        }
        MdsClientOptions.Builder options = MdsClientOptions.builder(read("connect", config::getString, ""));
        options.timeout(read("timeout", config::getDuration, null));
        options.attemptTimeout(read("attempt-timeout", config::getDuration, null));
        options.maxInFlight(read("max-in-flight", config::getInt, 0));
        options.connectionsPerRegion(read("connections-per-region", config::getInt, 0));
        options.eventLoopThreads(read("event-loop-threads", config::getInt, 0));
        options.pageRows(read("page-rows", config::getInt, 0));
        options.backoff(read("backoff-min", config::getDuration, null), read("backoff-max", config::getDuration, null));
        options.spin(read("spin", config::getDuration, null));
        options.consistency(read("consistency", this::consistency, Consistency.strong()));
        options.name(read("name", config::getString, ""));
        if (!problems.isEmpty()) {
            throw invalid(file, problems);
        }
        try {
            return options.build();
        } catch (MdsException e) {
            throw invalid(file, List.of(e.getMessage()));
        }
    }

    private Consistency consistency(String key) {
        try {
            return Consistency.parse(config.getString(key));
        } catch (MdsException e) {
            problems.add("client." + e.getMessage());
            return Consistency.strong();
        }
    }

    private <T> T read(String key, Function<String, T> reader, T instead) {
        try {
            return reader.apply(SECTION + "." + key);
        } catch (ConfigException e) {
            problems.add(String.valueOf(e.getMessage()));
            return instead;
        }
    }

    private static MdsException invalid(Path file, List<String> problems) {
        String where = file == null ? "client configuration" : "client configuration " + file;
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, where + ": " + String.join("; ", problems))
                .withoutStackTrace()
                .build();
    }
}
