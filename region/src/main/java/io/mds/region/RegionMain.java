package io.mds.region;

import io.mds.config.Daemon;
import io.mds.config.Settings;
import java.util.List;
import java.util.Map;

/** {@code java -jar mds-region.jar}: a region process. */
public final class RegionMain {
    private static final String REFERENCE = "io/mds/region/reference.conf";

    /** The store turned out to be damaged while the region ran; to be started again. */
    private static final int DAMAGED_EXIT_CODE = 3;

    private RegionMain() {}

    public static void main(String[] args) {
        System.exit(Daemon.run("mds-region", REFERENCE, args, System.err, RegionMain::start));
    }

    /** The settings of a region with these overrides and nothing else, for embedding. */
    public static Settings settings(List<String> overrides) {
        return Settings.load(null, overrides, Map.of(), REFERENCE);
    }

    private static AutoCloseable start(Settings settings) {
        // At once: nothing more can be relied on, and nothing more is to be written.
        Region region = new Region(
                RegionConfig.from(settings), () -> Runtime.getRuntime().halt(DAMAGED_EXIT_CODE));
        region.start();
        return region;
    }
}
