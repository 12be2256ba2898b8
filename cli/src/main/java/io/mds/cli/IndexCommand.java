package io.mds.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "index",
        description = "Create, drop and list indexes, by which filters find rows.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {IndexCreateCommand.class, IndexDropCommand.class, IndexListCommand.class})
final class IndexCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "index needs one of: create, drop, list");
    }
}
