package io.mds.bench;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What every benchmark is told that starts servers. */
final class RunOptions extends ResultOptions {
    @Option(
            names = "--dir",
            defaultValue = "bench-data",
            paramLabel = "DIR",
            description = "where the servers keep their files; on the disk to be measured (default: ${DEFAULT-VALUE})")
    private Path directory;

    /** Made for this run. */
    WorkDirectory workDirectory() throws IOException {
        return WorkDirectory.make(directory, command().commandLine());
    }

    /** Where the programs are. */
    static Path home() {
        return Path.of(System.getProperty("mds.home", "."));
    }
}
