package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.mds.config.EnvironmentVariables;
import io.mds.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/configuration.md beside the files that it describes: each key once per role, with its true default. */
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("../docs/configuration.md");
    private static final String SECTION = "## ";
    private static final Pattern ROW = Pattern.compile("\\| `([a-z.-]+)` \\| `([^`|]*)` \\|(.*)\\|(.*)\\|");
    private static final String MASTER = "io/mds/master/reference.conf";
    private static final String REGION = "io/mds/region/reference.conf";
    private static final String CLIENT = "mds-client-reference.conf";

    /** A line of a table. */
    private record Row(String key, String value, String kind, String meaning) {}

    @ParameterizedTest
    @CsvSource({"Master, " + MASTER, "Region, " + REGION, "Client, " + CLIENT})
    void thePageHasEveryKeyOfARoleOnceWithTheDefaultOfItsFile(String role, String reference) throws IOException {
        List<Row> rows = rows(role);
        Map<String, String> onPage = new TreeMap<>();
        for (Row row : rows) {
            assertThat(onPage.put(row.key(), row.value()))
                    .as("%s twice below '%s%s' of %s", row.key(), SECTION, role, PAGE)
                    .isNull();
            assertThat(row.kind()).as("kind of %s", row.key()).isNotBlank();
            assertThat(row.meaning()).as("meaning of %s", row.key()).isNotBlank();
        }
        assertThat(onPage)
                .as("keys and defaults below '%s%s' of %s, beside %s", SECTION, role, PAGE, reference)
                .containsExactlyInAnyOrderEntriesOf(defaults(reference));
    }

    @Test
    void thePageMentionsNoKeyThatDoesNotExist() throws IOException {
        Set<String> known = allKeys();
        String sections = known.stream()
                .map(key -> key.substring(0, key.indexOf('.')))
                .distinct()
                .collect(Collectors.joining("|"));
        List<String> mentioned = Pattern.compile("`((?:" + sections + ")\\.[a-z-]+)`")
                .matcher(Files.readString(PAGE))
                .results()
                .map(found -> found.group(1))
                .filter(name -> !name.endsWith(".conf"))
                .distinct()
                .toList();
        assertThat(known).containsAll(mentioned);
    }

    @ParameterizedTest
    @ValueSource(strings = {MASTER, REGION})
    void whatIsSetForOtherRolesInTheSameEnvironmentIsNoStray(String reference) {
        Map<String, String> environment =
                allKeys().stream().collect(Collectors.toMap(EnvironmentVariables::nameOf, key -> "1"));
        assertThat(Settings.load(null, List.of(), environment, reference).strayVariables())
                .isEmpty();
    }

    /** The keys of all roles. */
    static Set<String> allKeys() {
        return Stream.of(MASTER, REGION, CLIENT)
                .flatMap(reference -> defaults(reference).keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The table below a role's heading; a line of it that cannot be read is a failure, not a line less. */
    private static List<Row> rows(String role) throws IOException {
        List<String> lines;
        try (Stream<String> page = Files.lines(PAGE)) {
            lines = page.dropWhile(line -> !line.equals(SECTION + role))
                    .skip(1)
                    .takeWhile(line -> !line.startsWith(SECTION))
                    .filter(line -> line.startsWith("|"))
                    .toList();
        }
        assertThat(lines).as("a table below '%s%s' of %s", SECTION, role, PAGE).hasSizeGreaterThan(2);
        List<Row> rows = new ArrayList<>();
        for (String line : lines.subList(2, lines.size())) {
            Matcher row = ROW.matcher(line);
            assertThat(row.matches())
                    .as("'%s' (expected: | `key` | `default` | kind | meaning |)", line)
                    .isTrue();
            rows.add(new Row(row.group(1), row.group(2), row.group(3), row.group(4)));
        }
        return rows;
    }

    /** As the page writes them: without quotes, but for an empty text. */
    private static Map<String, String> defaults(String reference) {
        Map<String, String> defaults = new TreeMap<>();
        ConfigFactory.parseResources(
                        ConfigurationPageTest.class.getClassLoader(),
                        reference,
                        ConfigParseOptions.defaults().setAllowMissing(false))
                .resolve()
                .entrySet()
                .forEach(entry -> {
                    String value = entry.getValue().unwrapped().toString();
                    defaults.put(entry.getKey(), value.isEmpty() ? "\"\"" : value);
                });
        return defaults;
    }
}
