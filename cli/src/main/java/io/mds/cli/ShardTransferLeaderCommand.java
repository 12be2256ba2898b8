package io.mds.cli;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "transfer-leader",
        description = "Have another replica of a shard lead it.",
        footer = {"", "  mds shard transfer-leader 5 --to 2"})
final class ShardTransferLeaderCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "SHARD", description = "The shard's number, as 'mds shards' shows it.")
    private long shard;

    @Option(
            names = "--to",
            paramLabel = "REGION",
            description = "The region that is to lead; the master chooses one unless given.")
    private Long to;

    ShardTransferLeaderCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        ShardId id = CommandException.checked("SHARD", () -> new ShardId(shard));
        RegionId leader = to == null
                ? root.client().transferLeader(id)
                : root.client().transferLeader(id, CommandException.checked("--to", () -> new RegionId(to)));
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeNumberField("shard", shard);
                json.writeNumberField("leader", leader.value());
                json.writeEndObject();
            });
        }
        root.out().println("region " + leader + " leads shard " + id);
        return ExitCode.OK;
    }
}
