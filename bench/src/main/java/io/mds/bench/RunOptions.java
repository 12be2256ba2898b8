package io.mds.bench;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every benchmark is told, and how it refuses what it is told. */
final class RunOptions {
    @Option(names = "--json", paramLabel = "FILE", description = "write one JSON object for each result to FILE")
    private Path json;

    @Option(
            names = "--dir",
            defaultValue = "bench-data",
            paramLabel = "DIR",
            description = "where the servers keep their files; on the disk to be measured (default: ${DEFAULT-VALUE})")
    private Path directory;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** The file of {@code --json}, if there is one. */
    JsonLines results() {
        return new JsonLines(json);
    }

    /** Made for this run. */
    WorkDirectory workDirectory() throws IOException {
        return WorkDirectory.make(directory, command.commandLine());
    }

    /** Where the programs are. */
    static Path home() {
        return Path.of(System.getProperty("mds.home", "."));
    }

    /** @throws ParameterException when the option's value is outside the bounds, both of which are inside */
    void requireBetween(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw refused(option + ": " + value + " is not in " + least + ".." + most);
        }
    }

    ParameterException refused(String problem) {
        return new ParameterException(command.commandLine(), problem);
    }
}
