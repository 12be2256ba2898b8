package io.mds.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "shard",
        description = "Give a shard another leader, or move a replica of it.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ShardTransferLeaderCommand.class, ShardMoveCommand.class})
final class ShardCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "shard needs one of: transfer-leader, move");
    }
}
