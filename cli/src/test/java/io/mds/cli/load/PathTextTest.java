package io.mds.cli.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PathTextTest {
    @Test
    void bytesAreUtf8OrSpelledOut() {
        assertThat(PathText.decode("a%20b")).isEqualTo("a b");
        assertThat(PathText.decode("%C3%BC%F0%9F%98%80")).isEqualTo("ü😀");
        assertThat(PathText.decode("caf%E9")).isEqualTo("caf\\xE9");
        assertThat(PathText.of(Path.of("plain"))).isEqualTo("plain");
    }

    @Test
    void aRealReplacementCharacterIsKept() {
        Path path = Path.of("a\uFFFD");
        assertThat(PathText.of(path)).isEqualTo("a\uFFFD");
        assertThat(PathText.of(Path.of("/x").resolve(path).getFileName())).isEqualTo("a\uFFFD");
    }
}
