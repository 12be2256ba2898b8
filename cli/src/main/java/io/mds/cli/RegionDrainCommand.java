package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.client.DrainStatus;
import io.mds.id.RegionId;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "drain",
        description = "Move all leaders away from a region, and give it none until the drain is cancelled.",
        footer = {
            "",
            "The move goes on after the command, also under another master; repeating the command shows how far it is.",
            "",
            "  mds region drain 2 --wait              before a restart of region 2",
            "  mds region drain 2 --cancel            after it",
            "  mds region drain 2 --replicas --wait   before region 2 is removed for good"
        })
final class RegionDrainCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(300);
    /** Without any progress for so long, a person should look. */
    private static final Duration STALLED = Duration.ofMinutes(2);
    /** Where nothing can move, unless a region that is away comes back. */
    private static final Duration STUCK = Duration.ofSeconds(10);

    private static final Duration BETWEEN_LINES = Duration.ofSeconds(2);

    private final RootCommand root;

    @Parameters(paramLabel = "REGION", description = "The region's number, as 'mds regions' shows it.")
    private long region;

    @Option(names = "--replicas", description = "Move its replicas, too.")
    private boolean replicas;

    @Option(names = "--cancel", description = "Let the region take shards again.")
    private boolean cancel;

    @Option(
            names = "--wait",
            description = "Until nothing is left and no shard needs the region, with the progress on the error output.")
    private boolean wait;

    RegionDrainCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        if (cancel && (replicas || wait)) {
            throw CommandException.usage("--cancel does not go with --replicas or --wait");
        }
        RegionId id = CommandException.checked("REGION", () -> new RegionId(region));
        if (cancel) {
            root.client().cancelDrain(id);
            if (root.json()) {
                return root.printJson(json -> {
                    json.writeStartObject();
                    json.writeNumberField("region", region);
                    json.writeBooleanField("drained", false);
                    json.writeEndObject();
                });
            }
            root.out().println("region " + id + " takes shards again");
            return ExitCode.OK;
        }
        DrainStatus left = root.client().drainRegion(id, replicas);
        if (wait) {
            left = untilDone(id, left);
        }
        return print(id, left);
    }

    private DrainStatus untilDone(RegionId id, DrainStatus first) {
        DrainStatus left = first;
        long movedAt = System.nanoTime();
        long toldAt = movedAt - BETWEEN_LINES.toNanos();
        while (!isOver(left)) {
            long now = System.nanoTime();
            if (now - toldAt >= BETWEEN_LINES.toNanos()) {
                toldAt = now;
                root.err().println(describe(left));
            }
            Duration patience = left.isStuck(replicas) ? STUCK : STALLED;
            if (now - movedAt >= patience.toNanos()) {
                throw CommandException.failed("region " + id + ": " + describe(left) + ", and nothing moved in "
                        + Cells.duration(patience) + "; the drain goes on (see 'mds status' and 'mds shards')");
            }
            try {
                Thread.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                throw CommandException.failed("interrupted; the drain of region " + id + " goes on");
            }
            DrainStatus next = root.client().drainRegion(id, replicas);
            if (!next.equals(left)) {
                movedAt = System.nanoTime();
            }
            left = next;
        }
        return left;
    }

    private boolean isOver(DrainStatus left) {
        return left.isDone(replicas) && left.needed() == 0;
    }

    private int print(RegionId id, DrainStatus left) {
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeNumberField("region", region);
                json.writeBooleanField("drained", left.isDone(replicas));
                json.writeNumberField("leaders_left", left.leadersLeft());
                json.writeNumberField("replicas_left", left.replicasLeft());
                json.writeNumberField("leaders_stuck", left.leadersStuck());
                json.writeNumberField("replicas_stuck", left.replicasStuck());
                json.writeNumberField("needed", left.needed());
                json.writeEndObject();
            });
        }
        root.out().println("region " + id + ": " + describe(left));
        return ExitCode.OK;
    }

    private String describe(DrainStatus left) {
        if (left.isDone(replicas)) {
            return left.needed() == 0
                    ? "drained"
                    : "drained, but " + Cells.count(left.needed(), "shard needs", "shards need")
                            + " it: others of their replicas are away";
        }
        String leaders = Cells.count(left.leadersLeft(), "leader", "leaders");
        String text = replicas ? leaders + " and " + Cells.count(left.replicasLeft(), "replica", "replicas") : leaders;
        return text + " left" + stuck(left);
    }

    private String stuck(DrainStatus left) {
        int stuck = left.leadersStuck() + (replicas ? left.replicasStuck() : 0);
        if (stuck == 0) {
            return "";
        }
        return left.isStuck(replicas)
                ? ", which no other region can take now"
                : ", " + stuck + " of which no other region can take now";
    }
}
