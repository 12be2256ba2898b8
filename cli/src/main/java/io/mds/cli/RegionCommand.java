package io.mds.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "region",
        description = "Take the work away from a region, before a restart or for good.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {RegionDrainCommand.class})
final class RegionCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "region needs one of: drain");
    }
}
