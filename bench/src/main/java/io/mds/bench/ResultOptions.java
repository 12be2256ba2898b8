package io.mds.bench;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where every benchmark leaves its results, and how it refuses what it is told. */
class ResultOptions {
    @Option(names = "--json", paramLabel = "FILE", description = "write one JSON object for each result to FILE")
    private Path json;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** The file of {@code --json}, if there is one. */
    JsonLines results() {
        return new JsonLines(json);
    }

    CommandSpec command() {
        return command;
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
