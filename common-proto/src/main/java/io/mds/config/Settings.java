package io.mds.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException.BadValue;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * One process's settings, read by key with checks; problems are collected, so that all of them are told at once.
 *
 * <p>A key exists when the reference has it; others are problems, with the nearest known key named. The environment
 * variable of a key {@code a.b-c} is {@code MDS_A_B_C}.
 */
public final class Settings {
    private static final int NEAR = 4;

    private final Config values;
    private final TreeSet<String> known;
    private final List<String> problems = new ArrayList<>();

    private Settings(Config values, TreeSet<String> known) {
        this.values = values;
        this.known = known;
    }

    /**
     * Layers the sources.
     *
     * @param file null for none
     * @param overrides {@code key=value}, as given with {@code --set}
     * @param reference name of the resource that has every key and its default
     * @throws ConfigException when a source cannot be read at all
     */
    public static Settings load(Path file, List<String> overrides, Map<String, String> environment, String reference) {
        Config defaults = ConfigFactory.parseResources(Settings.class.getClassLoader(), reference);
        TreeSet<String> known = new TreeSet<>();
        defaults.entrySet().forEach(entry -> known.add(entry.getKey()));
        Config own = ConfigFactory.empty();
        if (file != null) {
            if (!Files.isReadable(file)) {
                throw new ConfigException(file + ": no such file, or not readable (see --config)");
            }
            own = parse(
                    file.toString(),
                    () -> ConfigFactory.parseFile(
                            file.toFile(), ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF)));
        }
        for (String override : overrides) {
            int equals = override.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("--set " + override + " (expected: --set key=value)");
            }
            own = own.withValue(
                    override.substring(0, equals).strip(),
                    ConfigValueFactory.fromAnyRef(override.substring(equals + 1), "--set"));
        }
        for (String key : known) {
            String variable =
                    "MDS_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
            String value = environment.get(variable);
            if (value != null) {
                own = own.withValue(key, ConfigValueFactory.fromAnyRef(value, variable));
            }
        }
        Config layered = own;
        Settings settings = new Settings(
                parse("configuration", () -> layered.withFallback(defaults).resolve()), known);
        settings.refuseUnknown(own);
        return settings;
    }

    private static Config parse(String what, java.util.function.Supplier<Config> parser) {
        try {
            return parser.get();
        } catch (com.typesafe.config.ConfigException e) {
            throw new ConfigException(what + ": " + e.getMessage());
        }
    }

    private void refuseUnknown(Config own) {
        own.entrySet().forEach(entry -> {
            if (!known.contains(entry.getKey())) {
                String near = nearest(entry.getKey())
                        .map(key -> "; did you mean " + key + "?")
                        .orElse("; see the configuration page in docs");
                problems.add(entry.getKey() + ": unknown key ("
                        + entry.getValue().origin().description() + ")" + near);
            }
        });
    }

    private Optional<String> nearest(String key) {
        return known.stream()
                .filter(candidate -> distance(candidate, key) <= NEAR)
                .min(java.util.Comparator.comparingInt(candidate -> distance(candidate, key)));
    }

    /** Levenshtein's edit distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int same = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(same, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }

    public String string(String key) {
        return read(key, () -> values.getString(key), "");
    }

    public boolean bool(String key) {
        return read(key, () -> values.getBoolean(key), false);
    }

    public int integer(String key, int min, int max) {
        int value = read(key, () -> values.getInt(key), min);
        return inRange(key, (long) value, min, max, number -> Long.toString(number)) ? value : min;
    }

    /** A size such as {@code 64MiB}. */
    public long bytes(String key, long min, long max) {
        long value = read(key, () -> values.getBytes(key), min);
        return inRange(key, value, min, max, bytes -> bytes + " bytes") ? value : min;
    }

    /** A time such as {@code 10s}. */
    public Duration duration(String key, Duration min, Duration max) {
        Duration value = read(key, () -> values.getDuration(key), min);
        return inRange(key, value, min, max, Duration::toString) ? value : min;
    }

    /** One of a few words. */
    public String oneOf(String key, List<String> words) {
        String value = string(key);
        if (!words.contains(value)) {
            problems.add(key + ": '" + value + "' (expected: one of " + String.join(", ", words) + ")");
            return words.get(0);
        }
        return value;
    }

    private <T extends Comparable<T>> boolean inRange(String key, T value, T min, T max, Function<T, String> show) {
        boolean in = value.compareTo(min) >= 0 && value.compareTo(max) <= 0;
        if (!in) {
            problems.add(
                    key + ": " + show.apply(value) + " (expected: " + show.apply(min) + " to " + show.apply(max) + ")");
        }
        return in;
    }

    private boolean inRange(String key, long value, long min, long max, Function<Long, String> show) {
        return inRange(key, Long.valueOf(value), Long.valueOf(min), Long.valueOf(max), show);
    }

    private <T> T read(String key, java.util.function.Supplier<T> reader, T otherwise) {
        try {
            return reader.get();
        } catch (BadValue | com.typesafe.config.ConfigException.WrongType e) {
            problems.add(key + ": " + shown(key) + " (" + firstLine(e.getMessage()) + ")");
            return otherwise;
        }
    }

    private String shown(String key) {
        return isSecret(key) ? "***" : values.getValue(key).render();
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    /** Adds a problem that concerns more than one key. */
    public void require(boolean condition, String problem) {
        if (!condition) {
            problems.add(problem);
        }
    }

    /**
     * To be called when everything is read.
     *
     * @throws ConfigException naming every problem there was
     */
    public void finish() {
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }

    /** Every key and its value, secrets masked, in the order of the keys. */
    public List<String> describe() {
        Map<String, String> lines = new TreeMap<>();
        for (Map.Entry<String, ConfigValue> entry : values.entrySet()) {
            if (known.contains(entry.getKey())) {
                String value = entry.getValue().unwrapped().toString();
                lines.put(entry.getKey(), isSecret(entry.getKey()) && !value.isEmpty() ? "***" : value);
            }
        }
        return lines.entrySet().stream()
                .map(line -> line.getKey() + " = " + line.getValue())
                .toList();
    }

    private static boolean isSecret(String key) {
        return key.endsWith("secret") || key.endsWith("password");
    }
}
