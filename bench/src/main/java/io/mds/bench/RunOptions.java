package io.mds.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** What every benchmark is told that starts servers. */
final class RunOptions extends ResultOptions {
    @Option(
            names = "--dir",
            defaultValue = "bench-data",
            paramLabel = "DIR",
            description = "where the servers keep their files; on the disk to be measured (default: ${DEFAULT-VALUE})")
    private Path directory;

    @Option(
            names = "--master-setting",
            paramLabel = "KEY=VALUE",
            description = "a setting of the masters that is not as shipped, such as rpc.spin=50us; may be repeated")
    private Map<String, String> masters = new TreeMap<>();

    @Option(
            names = "--region-setting",
            paramLabel = "KEY=VALUE",
            description = "the same of the regions, such as store.checkpoint-interval=5m")
    private Map<String, String> regions = new TreeMap<>();

    /** Made for this run. */
    WorkDirectory workDirectory() throws IOException {
        return WorkDirectory.make(directory, command().commandLine());
    }

    /** With what they are started in this directory. */
    Servers servers(WorkDirectory work) {
        return new Servers(Path.of(System.getProperty("mds.home", ".")), work.path(), masters, regions);
    }
}
