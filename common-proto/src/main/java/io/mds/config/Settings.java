package io.mds.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException.BadValue;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One process's settings, read by key with checks; problems are collected, so that all of them are told at once.
 *
 * <p>A key exists when the reference has it; others are problems, with the nearest known key named. The environment
 * variable of a key {@code a.b-c} is {@code MDS_A_B_C}. The command line wins over the environment, and that over the file.
 */
public final class Settings {
    private static final String MASK = "***";
    private static final Pattern SHARE = Pattern.compile("(\\d{1,3}) ?%");
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

    private final Config values;
    private final Config defaults;
    private final TreeSet<String> known;
    private final List<String> strayVariables;
    private final List<String> problems = new ArrayList<>();
    /** Keys whose value cannot be used, which makes what follows from it no problem of its own. */
    private final Set<String> refused = new HashSet<>();

    private Settings(Config values, Config defaults, TreeSet<String> known, List<String> strayVariables) {
        this.values = values;
        this.defaults = defaults;
        this.known = known;
        this.strayVariables = strayVariables;
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
            if (!Files.isReadable(file) || Files.isDirectory(file)) {
                throw new ConfigException(file + ": no such file, or not readable (see --config)");
            }
            own = parse(
                    file.toString(),
                    () -> ConfigFactory.parseFile(
                            file.toFile(),
                            ConfigParseOptions.defaults()
                                    .setSyntax(ConfigSyntax.CONF)
                                    .setAllowMissing(false)));
        }
        for (String key : known) {
            String variable = EnvironmentVariables.nameOf(key);
            String value = environment.get(variable);
            if (value != null) {
                own = own.withValue(key, ConfigValueFactory.fromAnyRef(value, "environment " + variable));
            }
        }
        for (String override : overrides) {
            int equals = override.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("--set " + override + " (expected: --set key=value)");
            }
            String key = override.substring(0, equals).strip();
            Config before = own;
            own = parse(
                    "--set " + override,
                    () -> before.withValue(
                            key, ConfigValueFactory.fromAnyRef(override.substring(equals + 1), "--set")));
        }
        Config layered = own;
        Config resolved =
                parse("configuration", () -> layered.withFallback(defaults).resolve());
        return of(resolved, defaults.resolve(), known, EnvironmentVariables.strays(environment.keySet(), known));
    }

    /** The known keys, each with its default where what was given is no value. */
    private static Settings of(Config given, Config defaults, TreeSet<String> known, List<String> strayVariables) {
        Config values = defaults;
        for (Map.Entry<String, ConfigValue> entry : given.entrySet()) {
            if (known.contains(entry.getKey())) {
                values = values.withValue(entry.getKey(), entry.getValue());
            }
        }
        Settings settings = new Settings(values, defaults, known, strayVariables);
        given.entrySet().stream()
                .filter(entry -> !known.contains(entry.getKey()))
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> settings.refuseUnknown(entry.getKey(), entry.getValue()));
        for (String key : known) {
            if (given.hasPathOrNull(key) && given.getIsNull(key)) {
                settings.problems.add(key + ": no value (leave the key out for its default, "
                        + (isSecret(key) ? MASK : text(defaults.getValue(key))) + ")");
            }
        }
        return settings;
    }

    private static Config parse(String what, Supplier<Config> parser) {
        try {
            return parser.get();
        } catch (com.typesafe.config.ConfigException e) {
            String problem = firstLine(e.getMessage());
            throw new ConfigException(problem.startsWith(what) ? problem : what + ": " + problem);
        }
    }

    private void refuseUnknown(String key, ConfigValue value) {
        String origin = value.origin().description();
        Optional<String> inside =
                Optional.ofNullable(known.ceiling(key + ".")).filter(next -> next.startsWith(key + "."));
        if (inside.isPresent()) {
            problems.add(key + ": " + text(value) + " (" + origin + "; expected: a section with keys such as "
                    + inside.get() + ")");
            return;
        }
        String near = NearestName.of(key, known)
                .map(candidate -> "; did you mean " + candidate + "?")
                .orElse("; see the configuration page in docs");
        problems.add(key + ": unknown key (" + origin + ")" + near);
    }

    public String string(String key) {
        return read(key, () -> values.getString(key), "", "a text");
    }

    /** A name or address of this machine or another. */
    public String host(String key) {
        String value = string(key);
        if (value.isBlank()) {
            refuse(key, "a host name or address");
            return "localhost";
        }
        return value;
    }

    public boolean bool(String key) {
        return read(key, () -> values.getBoolean(key), false, "true or false");
    }

    public int integer(String key, int min, int max) {
        return (int) number(key, min, max, this::wholeNumber, "a whole number from " + min + " to " + max);
    }

    /** Not {@code getInt}, which takes 7.5 for 7. */
    private long wholeNumber(String key) {
        try {
            return Long.parseLong(values.getString(key).strip());
        } catch (NumberFormatException e) {
            throw new BadValue(values.getValue(key).origin(), key, "not a whole number", e);
        }
    }

    /** A size such as {@code 64MiB}. */
    public long bytes(String key, long min, long max) {
        return number(key, min, max, values::getBytes, "a size such as 64MiB, from " + size(min) + " to " + size(max));
    }

    /** A size, or a share of the most that this JVM's heap may take, such as {@code 25%}. */
    public long bytesOrShareOfHeap(String key, long min, long max) {
        return number(
                key,
                min,
                max,
                name -> {
                    Matcher share = SHARE.matcher(values.getString(name).strip());
                    return share.matches()
                            ? Runtime.getRuntime().maxMemory() / 100 * Long.parseLong(share.group(1))
                            : values.getBytes(name);
                },
                "a size such as 64MiB, or a share of the heap such as 25%, from " + size(min) + " to " + size(max));
    }

    private long number(String key, long min, long max, ToLongFunction<String> reader, String expected) {
        return inRange(key, read(key, () -> reader.applyAsLong(key), min, expected), min, max, expected);
    }

    /** A time such as {@code 10s}. */
    public Duration duration(String key, Duration min, Duration max) {
        String expected = "a time such as 10s, from " + time(min) + " to " + time(max);
        return inRange(key, read(key, () -> values.getDuration(key), min, expected), min, max, expected);
    }

    /** One of a few words. */
    public String oneOf(String key, List<String> words) {
        String expected = "one of " + String.join(", ", words);
        String value = read(key, () -> values.getString(key), words.get(0), expected);
        if (!words.contains(value)) {
            refuse(key, expected);
            return words.get(0);
        }
        return value;
    }

    private <T extends Comparable<T>> T inRange(String key, T value, T min, T max, String expected) {
        if (value.compareTo(min) >= 0 && value.compareTo(max) <= 0) {
            return value;
        }
        refuse(key, expected);
        return min;
    }

    private <T> T read(String key, Supplier<T> reader, T otherwise, String expected) {
        try {
            return reader.get();
        } catch (BadValue | com.typesafe.config.ConfigException.WrongType e) {
            refuse(key, expected);
            return otherwise;
        }
    }

    /** One line: the key, what it was set to and where, and what it may be. */
    private void refuse(String key, String expected) {
        refused.add(key);
        problems.add(key + ": " + shown(key) + " (" + origin(key) + "; expected: " + expected + ")");
    }

    private String shown(String key) {
        ConfigValue value = values.getValue(key);
        return isSecret(key) && !value.unwrapped().equals("") ? MASK : text(value);
    }

    private String origin(String key) {
        return isDefault(key) ? "default" : values.getValue(key).origin().description();
    }

    private boolean isDefault(String key) {
        return values.getValue(key).origin().equals(defaults.getValue(key).origin());
    }

    private static String text(ConfigValue value) {
        return "'"
                + (value.valueType() == ConfigValueType.STRING
                        ? value.unwrapped()
                        : value.render(ConfigRenderOptions.concise()))
                + "'";
    }

    private static String size(long bytes) {
        for (int power = 4; power > 0; power--) {
            long unit = 1L << (10 * power);
            if (bytes >= unit && bytes % unit == 0) {
                return bytes / unit + UNITS.get(power);
            }
        }
        return bytes + "B";
    }

    private static String time(Duration time) {
        if (!time.isZero() && time.toMillis() % 60_000 == 0) {
            return time.toMinutes() + "m";
        }
        return time.toMillis() % 1_000 == 0 ? time.toSeconds() + "s" : time.toMillis() + "ms";
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    /** Refuses a value that can be read and still cannot be used. */
    public void require(boolean condition, String key, String expected) {
        if (!condition && !refused.contains(key)) {
            refuse(key, expected);
        }
    }

    /**
     * Refuses a value that does not go with another key's.
     *
     * @param expected what leads up to the other key, such as "at least twice"
     */
    public void requireRelation(boolean condition, String key, String expected, String other) {
        if (!refused.contains(other)) {
            String otherOrigin = isDefault(other) ? "by default" : "(" + origin(other) + ")";
            require(condition, key, expected + " " + other + ", which is " + shown(other) + " " + otherOrigin);
        }
    }

    /** Variables of the environment that begin as a key's do and belong to none; with a suggestion where there is one. */
    public List<String> strayVariables() {
        return strayVariables;
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
                lines.put(entry.getKey(), isSecret(entry.getKey()) && !value.isEmpty() ? MASK : value);
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
