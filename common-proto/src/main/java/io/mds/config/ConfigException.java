package io.mds.config;

import java.util.List;

/** A configuration or command line that cannot be used; the message has a line per problem, for a person. */
public final class ConfigException extends RuntimeException {
    /** What a process exits with because of it. */
    public static final int EXIT_CODE = 2;

    private static final long serialVersionUID = 1L;

    public ConfigException(List<String> problems) {
        super(String.join("\n", problems), null, false, false);
    }

    public ConfigException(String problem) {
        this(List.of(problem));
    }
}
