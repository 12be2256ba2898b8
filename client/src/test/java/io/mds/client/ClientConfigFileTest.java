package io.mds.client;

import static io.mds.client.RowTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientConfigFileTest {
    @TempDir
    private Path folder;

    @Test
    void theDefaultsOfTheFileAreThoseOfTheBuilder() {
        assertThat(MdsClientOptions.load(null, List.of(), Map.of()))
                .isEqualTo(MdsClientOptions.builder("zk://127.0.0.1:2181/mds").build());
    }

    @Test
    void overridesAreStrongerThanTheEnvironmentAndThatThanTheFile() throws IOException {
        Path file = file("client { timeout = 3s, page-rows = 10, name = a, connect = \"mds://a:1\" }");
        MdsClientOptions options = MdsClientOptions.load(
                file,
                List.of("client.page-rows=30", "client.connect=zk://b:2,c:3/x"),
                Map.of("MDS_CLIENT_PAGE_ROWS", "20", "MDS_CLIENT_NAME", "b", "MDS_OTHER", "ignored"));
        assertThat(options.timeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(options.pageRows()).isEqualTo(30);
        assertThat(options.name()).isEqualTo("b");
        assertThat(options.connect()).isEqualTo("zk://b:2,c:3/x");
    }

    @Test
    void allProblemsAreToldTogether() throws IOException {
        Path file = file("client { timeout = 3parsecs, page-rows = many, time-out = 3s }");
        assertInvalid(() -> MdsClientOptions.load(file, List.of(), Map.of()), "client.time-out: unknown key");
        assertInvalid(() -> MdsClientOptions.load(file, List.of(), Map.of()), "parsecs");
        assertInvalid(() -> MdsClientOptions.load(file, List.of(), Map.of()), "page-rows");
        assertInvalid(() -> MdsClientOptions.load(file, List.of(), Map.of()), file.toString());
    }

    @Test
    void badValuesAndBadFilesAreNamed() throws IOException {
        Path file = file("client { page-rows = 0 }");
        assertInvalid(() -> MdsClientOptions.load(file, List.of(), Map.of()), "pageRows: 0 (expected: 1 to 100000)");
        assertInvalid(
                () -> MdsClientOptions.load(folder.resolve("nosuch"), List.of(), Map.of()), "there is no such file");
        assertInvalid(() -> MdsClientOptions.load(null, List.of("client.timeout"), Map.of()), "expected: key=value");
        Path broken = file("client { ");
        assertInvalid(() -> MdsClientOptions.load(broken, List.of(), Map.of()), broken.toString());
    }

    @Test
    void everyKeyIsInTheGuideWithItsDefault() throws IOException {
        Path root = Path.of(System.getProperty("mds.root", ".."));
        String guide = Files.readString(root.resolve("docs/client.md"));
        ConfigFactory.parseResources("mds-client-reference.conf")
                .entrySet()
                .forEach(entry -> assertThat(guide)
                        .contains("| `" + entry.getKey() + "` | `"
                                + entry.getValue().unwrapped() + "` |"));
    }

    private Path file(String text) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "client", ".conf"), text);
    }
}
