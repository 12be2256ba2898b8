package io.mds.cli;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "move",
        description = "Move a replica of a shard from one region to another.",
        footer = {
            "",
            "The new replica is a learner until it has everything; 'mds shards' shows how far it is. Writes and reads go on.",
            "",
            "  mds shard move 5 --from 1 --to 4"
        })
final class ShardMoveCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "SHARD", description = "The shard's number, as 'mds shards' shows it.")
    private long shard;

    @Option(
            names = "--from",
            required = true,
            paramLabel = "REGION",
            description = "The region that loses its replica.")
    private long from;

    @Option(names = "--to", required = true, paramLabel = "REGION", description = "The region that gets one.")
    private long to;

    ShardMoveCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        ShardId id = CommandException.checked("SHARD", () -> new ShardId(shard));
        RegionId source = CommandException.checked("--from", () -> new RegionId(from));
        RegionId target = CommandException.checked("--to", () -> new RegionId(to));
        root.client().moveShard(id, source, target);
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeNumberField("shard", shard);
                json.writeNumberField("from", from);
                json.writeNumberField("to", to);
                json.writeEndObject();
            });
        }
        root.out().println("shard " + id + " moves from region " + source + " to region " + target);
        return ExitCode.OK;
    }
}
