package io.mds.client.example;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.MdsClient;
import io.mds.client.Table;
import io.mds.client.testing.TestingCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class ClientGuideTest {
    private static final Path ROOT =
            Path.of(System.getProperty("mds.root", "..")).toAbsolutePath();
    private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void everyJavaBlockOfTheGuideIsCompiledCode() throws IOException {
        String source =
                squeezed(Files.readString(ROOT.resolve("client/src/test/java/io/mds/client/example/ClientGuide.java")));
        List<String> blocks = new ArrayList<>();
        Matcher matcher = JAVA_BLOCK.matcher(Files.readString(ROOT.resolve("docs/client.md")));
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        assertThat(blocks).hasSizeGreaterThan(5);
        assertThat(blocks).allSatisfy(block -> assertThat(source).contains(squeezed(block)));
    }

    private static String squeezed(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }

    @Test
    void theGuidesExamplesRun() {
        try (TestingCluster cluster = new TestingCluster(1, 3)) {
            ClientGuide guide = new ClientGuide(cluster.uri());
            guide.first();
            ExecutorService callbacks = Executors.newSingleThreadExecutor();
            try (MdsClient mds = guide.options(callbacks)) {
                Table files = mds.table("files");
                assertThat(guide.read(files)).isEqualTo("root2212true");
                assertThat(guide.consistency(files)).isEqualTo(2);
                assertThat(guide.sessionThere(files, guide.sessionHere(mds, files)))
                        .isPresent();
                files.delete("/home", "notes");
                guide.write(files);
                assertThat(files.get("/etc", "fstab")).isEmpty();
                Assertions.assertThatThrownBy(() -> guide.conditions(files)).hasMessageContaining("condition");
                assertThat(files.get("/etc", "hosts").orElseThrow().getString("owner"))
                        .isEqualTo("me");
                guide.batch(files);
                assertThat(guide.scan(files)).isZero();
                assertThat(guide.asynchronous(files).join()).isEqualTo(221 + 5 + 1 + 2);
                guide.errors(files);
            } finally {
                callbacks.shutdown();
            }
        }
    }

    @Test
    void theShippedConfigurationIsValid() {
        ClientGuide guide = new ClientGuide("");
        try (MdsClient mds = guide.fromFile(ROOT.resolve("config/client.conf"), Map.of())) {
            assertThat(mds).hasToString("MdsClient[zk://127.0.0.1:2181/mds]");
        }
    }
}
