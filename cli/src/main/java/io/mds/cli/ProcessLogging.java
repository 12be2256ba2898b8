package io.mds.cli;

import java.util.Locale;

/**
 * What libraries log in a process of the command line: nothing, unless the environment variable MDS_LOG asks for it.
 *
 * <p>Without it no logging library is even loaded, which takes longer than most commands.
 */
final class ProcessLogging {
    private static final String PROVIDER = "slf4j.provider";
    private static final String LEVEL = "mds.log.level";

    private ProcessLogging() {}

    /** To be called before anything logs. */
    static void configure(String level) {
        if (level == null || level.isBlank()) {
            setUnlessSet(PROVIDER, "org.slf4j.helpers.NOP_FallbackServiceProvider");
            // else SLF4J tells on the error output that it was given a provider
            setUnlessSet("slf4j.internal.verbosity", "WARN");
            // Netty finds no SLF4J then and falls back to the JDK's logging
            setUnlessSet("java.util.logging.config.class", Silence.class.getName());
        } else {
            System.setProperty(LEVEL, level.strip().toUpperCase(Locale.ROOT));
            setUnlessSet("logback.configurationFile", "io/mds/cli/logback-cli.xml");
        }
    }

    /** Whether somebody is looking for a fault. */
    static boolean isOn() {
        return System.getProperty(LEVEL) != null;
    }

    private static void setUnlessSet(String key, String value) {
        if (System.getProperty(key) == null) {
            System.setProperty(key, value);
        }
    }

    /** A configuration of java.util.logging without handlers. */
    public static final class Silence {
        /** Called by the JDK. */
        public Silence() {}
    }
}
