package io.mds.client;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads {@link MdsClientOptions} from a configuration file. */
final class ClientConfigFile {
    private ClientConfigFile() {}

    static MdsClientOptions read(Path file, List<String> overrides, Map<String, String> environment) {
        throw MdsException.of(
                ErrorCode.INTERNAL, "cannot read " + file + " with " + overrides + " and " + environment.size());
    }
}
