package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * docker-compose.yml beside what it names: services, configuration keys, the image and its ports. Containers are not
 * started; {@link ContainersIT} does that with the same image.
 */
class ComposeFileTest {
    private static final Path TOP = Path.of("..");
    private static final Path DOCKERFILE = TOP.resolve("docker/Dockerfile");
    private static final String COMPOSE = "docker-compose.yml";
    private static final List<String> MASTERS = List.of("master-1", "master-2");
    private static final List<String> REGIONS = List.of("region-1", "region-2", "region-3");

    /** The file without comments, each alias replaced by the lines of its anchor: what a service says, line by line. */
    private static Map<String, List<String>> services() throws IOException {
        List<String> lines = read(TOP.resolve(COMPOSE))
                .lines()
                .filter(line -> !line.isBlank() && !line.strip().startsWith("#"))
                .toList();
        assertThat(lines).noneMatch(line -> line.contains("\t"));
        Map<String, List<String>> anchors = new LinkedHashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String anchor = found("&([a-z-]+)$", lines.get(i)).findFirst().orElse("");
            if (!anchor.isEmpty()) {
                anchors.put(anchor, below(lines, i));
            }
        }
        Map<String, List<String>> services = new LinkedHashMap<>();
        List<String> all = below(lines, lines.indexOf("services:"));
        for (int i = 0; i < all.size(); i++) {
            if (indent(all.get(i)) == 2) {
                List<String> said = new ArrayList<>();
                for (String line : below(all, i)) {
                    said.add(line.strip());
                    found("\\*([a-z-]+)$", line).forEach(alias -> {
                        assertThat(anchors).as(line).containsKey(alias);
                        anchors.get(alias).forEach(meant -> said.add(meant.strip()));
                    });
                }
                services.put(all.get(i).strip().replace(":", ""), said);
            }
        }
        return services;
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file);
    }

    private static int indent(String line) {
        return line.length() - line.stripLeading().length();
    }

    private static List<String> below(List<String> lines, int parent) {
        return lines.stream()
                .skip(parent + 1)
                .takeWhile(line -> indent(line) > indent(lines.get(parent)))
                .toList();
    }

    /** What the first group of a pattern is, wherever it is found. */
    private static Stream<String> found(String pattern, CharSequence text) {
        return Pattern.compile(pattern, Pattern.MULTILINE)
                .matcher(text)
                .results()
                .map(match -> match.group(1));
    }

    private static Stream<String> found(String pattern, List<String> lines) {
        return lines.stream().flatMap(line -> found(pattern, line));
    }

    /** Those whose start a service waits for. */
    private static List<String> needs(List<String> service) {
        List<String> needed = new ArrayList<>();
        for (int i = 1; i < service.size(); i++) {
            if (service.get(i).startsWith("condition:")) {
                assertThat(service.get(i)).isEqualTo("condition: service_healthy");
                needed.add(service.get(i - 1).replace(":", ""));
            }
        }
        return needed;
    }

    @Test
    void eachPartStartsOnceThoseThatItNeedsAreHealthy() throws IOException {
        Map<String, List<String>> services = services();
        assertThat(services.keySet())
                .containsExactlyInAnyOrder(
                        "zookeeper", "master-1", "master-2", "region-1", "region-2", "region-3", "cli");
        assertThat(needs(services.get("zookeeper"))).isEmpty();
        MASTERS.forEach(
                master -> assertThat(needs(services.get(master))).as(master).containsExactly("zookeeper"));
        REGIONS.forEach(
                region -> assertThat(needs(services.get(region))).as(region).isEqualTo(MASTERS));
        assertThat(needs(services.get("cli"))).isEqualTo(REGIONS);
        assertThat(read(DOCKERFILE)).contains("\nHEALTHCHECK ");
    }

    @Test
    void serversAreReachedByTheNamesThatTheyPublish() throws IOException {
        Map<String, List<String>> services = services();
        Stream.of(MASTERS, REGIONS).flatMap(List::stream).forEach(name -> {
            List<String> service = services.get(name);
            // One that is merged in comes first or later, and what the service says itself counts.
            assertThat(service).contains("MDS_RPC_ADVERTISED_HOST: " + name, "MDS_ZOOKEEPER_CONNECT: zookeeper:2181");
            assertThat(service).contains("command: " + name.substring(0, name.indexOf('-')));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"io/mds/master/reference.conf", "io/mds/region/reference.conf"})
    void eachVariableSetsAKeyOrIsAScripts(String reference) throws IOException {
        for (String file : List.of(COMPOSE, "docker/Dockerfile")) {
            List<String> names = found("\\b(MDS_[A-Z_]+)", read(TOP.resolve(file)))
                    .distinct()
                    .toList();
            assertThat(names).as(file).isNotEmpty().noneMatch(name -> name.endsWith("_"));
            Map<String, String> environment = names.stream()
                    .filter(name -> !name.equals("MDS_A_B_C"))
                    .collect(Collectors.toMap(Function.identity(), name -> ""));
            assertThat(Settings.load(null, List.of(), environment, reference).strayVariables())
                    .as(file)
                    .isEmpty();
        }
    }

    @Test
    void theImageIsTheOneThatTheScriptBuilds() throws IOException {
        String script = read(TOP.resolve("docker/build.sh"));
        String built = found("^tag=(.*)$", script).findFirst().orElseThrow();
        services()
                .forEach(
                        (name, service) -> assertThat(service).as(name).contains("image: ${MDS_IMAGE:-" + built + "}"));
        assertThat(found("--build-arg \"([A-Z_]+)=", script))
                .isNotEmpty()
                .isSubsetOf(found("^ARG ([A-Z_]+)", read(DOCKERFILE)).toList());
    }

    @Test
    void portsArePublishedOnLoopbackOnceAndAreThoseOfTheImage() throws IOException {
        List<String> published = found(
                        "^- (\\S+:\\d+:\\d+)$",
                        services().values().stream().flatMap(List::stream).toList())
                .toList();
        List<String> exposed = found("^EXPOSE (.*)$", read(DOCKERFILE))
                .flatMap(ports -> Stream.of(ports.split(" ", -1)))
                .toList();
        assertThat(published).hasSize(6).doesNotHaveDuplicates().allMatch(port -> port.startsWith("127.0.0.1:"));
        assertThat(found("127\\.0\\.0\\.1:(\\d+):", published)).doesNotHaveDuplicates();
        assertThat(found(":(\\d+)$", published)).isSubsetOf(exposed);
    }

    @Test
    void dataAreOnVolumesOfTheirOwn() throws IOException {
        List<String> declared = found(
                        "^  ([a-z0-9-]+):$", read(TOP.resolve(COMPOSE)).split("\nvolumes:\n", 2)[1])
                .toList();
        List<String> used = found(
                        "^- ([a-z0-9-]+):/var/lib/mds$",
                        services().values().stream().flatMap(List::stream).toList())
                .toList();
        assertThat(used).containsExactlyInAnyOrder("zookeeper", "region-1", "region-2", "region-3");
        assertThat(declared).containsExactlyInAnyOrderElementsOf(used);
        assertThat(read(DOCKERFILE)).contains("\nVOLUME /var/lib/mds");
    }
}
