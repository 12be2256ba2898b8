package io.mds.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How child JVMs are started: from the fat jars of a checkout or an installation, or from this JVM's class path.
 *
 * @param home a directory with {@code master/target/mds-master.jar} or {@code lib/mds-master.jar}; null for the class path
 */
record Launch(Path home) {
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
            return List.of("-cp", System.getProperty("java.class.path"), mainClass);
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

    @SafeVarargs
    static List<String> join(List<String>... parts) {
        List<String> all = new ArrayList<>();
        for (List<String> part : parts) {
            all.addAll(part);
        }
        return all;
    }
}
