package io.mds.cli;

import io.mds.client.MdsClientOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How to reach the cluster, as far as a command line says; null where it does not.
 *
 * @param connect zk://... or mds://...
 * @param config a file such as config/client.conf
 */
record ConnectOptions(String connect, Duration timeout, Path config) {
    private static final String DEFAULT_CONNECT = "zk://127.0.0.1:2181/mds";
    private static final String CONFIG_OF_INSTALLATION = "config/client.conf";

    static final ConnectOptions NONE = new ConnectOptions(null, null, null);

    /** These options, and the other's where these say nothing. */
    ConnectOptions orElse(ConnectOptions other) {
        return new ConnectOptions(
                connect != null ? connect : other.connect,
                timeout != null ? timeout : other.timeout,
                config != null ? config : other.config);
    }

    /**
     * The client's options: from the command line, else the environment, else the file, else the defaults.
     *
     * @param home where MDS is installed, or null
     * @throws CommandException with what is wrong with them
     */
    MdsClientOptions resolve(Map<String, String> environment, String home) {
        MdsClientOptions.Builder options = base(environment, home).toBuilder().name("mds-cli");
        String uri = connect != null ? connect : environment.get("MDS_CONNECT");
        if (uri != null && !uri.isBlank()) {
            options.connect(uri.strip());
        }
        if (timeout != null) {
            options.timeout(timeout);
        }
        return CommandException.checked("configuration", options::build);
    }

    private MdsClientOptions base(Map<String, String> environment, String home) {
        Path file = config;
        if (file != null && !Files.isReadable(file)) {
            throw CommandException.usage("--config: " + file + " cannot be read; give the path of a client.conf");
        }
        if (file == null && home != null && Files.isReadable(Path.of(home, CONFIG_OF_INSTALLATION))) {
            file = Path.of(home, CONFIG_OF_INSTALLATION);
        }
        boolean fromEnvironment = environment.keySet().stream().anyMatch(name -> name.startsWith("MDS_CLIENT_"));
        if (file == null && !fromEnvironment) {
            return MdsClientOptions.builder(DEFAULT_CONNECT).build();
        }
        try {
            return MdsClientOptions.load(file, List.of(), environment);
        } catch (RuntimeException e) {
            throw CommandException.usage(e.getMessage());
        }
    }
}
