package io.mds.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "table",
        description = "Create, alter, drop, describe and list tables.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            TableCreateCommand.class,
            TableAlterCommand.class,
            TableDropCommand.class,
            TableDescribeCommand.class,
            TableListCommand.class
        })
final class TableCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "table needs one of: create, alter, drop, describe, list");
    }
}
