package io.mds.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How child JVMs are started: from the fat jars of a checkout or an installation, or from this JVM's class path.
 *
 * @param home a directory with {@code master/target/mds-master.jar} or {@code lib/mds-master.jar}; null for the class path
 */
record Launch(Path home) {
    /** JVM options for programs that live for a minute and share few processors with others: one compiler, no recorder. */
    static final List<String> ONE_COMPILER =
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dio.netty.jfr.enabled=false");

    /**
     * The same for programs that live for seconds: what runs a few times only is not compiled, and a start costs a third less.
     * Servers under load want compiled code soon: so started, a region takes twice as much for its first rows.
     */
    static final List<String> SHORT_LIVED = join(ONE_COMPILER, List.of("-XX:CompileThresholdScaling=5"));

    /** Netty loads a library; newer JVMs warn of that unless they are told so, as the manifests of the fat jars do. */
    private static final List<String> NATIVE_ACCESS =
            Runtime.version().feature() >= 22 ? List.of("--enable-native-access=ALL-UNNAMED") : List.of();

    List<String> master() {
        return program("master", "mds-master.jar", "io.mds.master.MasterMain");
    }

    List<String> region() {
        return program("region", "mds-region.jar", "io.mds.region.RegionMain");
    }

    List<String> cli() {
        return program("cli", "mds-cli.jar", "io.mds.cli.MdsCommand");
    }

    List<String> testkit() {
        return program("testkit", "mds-testkit-all.jar", "io.mds.testkit.TestkitMain");
    }

    private List<String> program(String module, String jar, String mainClass) {
        if (home == null) {
            String classPath = ownJars();
            List<String> start = join(NATIVE_ACCESS, List.of("-cp", classPath));
            return join(
                    new SharedClasses("servers", classPath, join(start, List.of(ClassTraining.class.getName())))
                            .options(),
                    start,
                    List.of(mainClass));
        }
        Path built = home.resolve(module).resolve("target").resolve(jar);
        Path installed = home.resolve("lib").resolve(jar);
        if (Files.exists(installed)) {
            return List.of("-jar", installed.toAbsolutePath().toString());
        }
        if (Files.exists(built)) {
            return List.of("-jar", built.toAbsolutePath().toString());
        }
        throw new IllegalStateException(
                "neither " + built + " nor " + installed + " exists; build first: ./mvnw -DskipTests package");
    }

    /** This JVM's class path without the tests' own classes, which no server needs. */
    private static String ownJars() {
        String separator = System.getProperty("path.separator");
        return Stream.of(System.getProperty("java.class.path").split(Pattern.quote(separator), -1))
                .filter(entry -> !entry.endsWith("test-classes"))
                .collect(Collectors.joining(separator));
    }

    @SafeVarargs
    static List<String> join(List<String>... parts) {
        List<String> all = new ArrayList<>();
        for (List<String> part : parts) {
            all.addAll(part);
        }
        return all;
    }
}
