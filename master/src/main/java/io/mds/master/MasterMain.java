package io.mds.master;

import io.mds.config.Daemon;
import io.mds.config.Settings;

/** {@code java -jar mds-master.jar}: a master process. */
public final class MasterMain {
    private static final String REFERENCE = "io/mds/master/reference.conf";

    private MasterMain() {}

    public static void main(String[] args) {
        System.exit(Daemon.run("mds-master", REFERENCE, args, System.err, MasterMain::start));
    }

    /** The settings of a master with these overrides and nothing else, for embedding. */
    public static Settings settings(java.util.List<String> overrides) {
        return Settings.load(null, overrides, java.util.Map.of(), REFERENCE);
    }

    private static AutoCloseable start(Settings settings) {
        Master master = new Master(MasterConfig.from(settings));
        master.start();
        return master;
    }
}
