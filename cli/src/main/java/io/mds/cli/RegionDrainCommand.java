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

    private static final Duration BETWEEN_LINES = Duration.ofSeconds(2);

    private final RootCommand root;

    @Parameters(paramLabel = "REGION", description = "The region's number, as 'mds regions' shows it.")
    private long region;

    @Option(names = "--replicas", description = "Move its replicas, too.")
    private boolean replicas;

    @Option(names = "--cancel", description = "Let the region take shards again.")
    private boolean cancel;

    @Option(names = "--wait", description = "Until nothing is left, with the progress on the error output.")
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
        while (!left.isDone(replicas)) {
            long now = System.nanoTime();
            if (now - toldAt >= BETWEEN_LINES.toNanos()) {
                toldAt = now;
                root.err().println(describe(left));
            }
            if (now - movedAt >= STALLED.toNanos()) {
                throw CommandException.failed("region " + id + ": " + describe(left) + ", and nothing moved in "
                        + Cells.duration(STALLED) + "; the drain goes on (see 'mds status' and 'mds shards')");
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

    private int print(RegionId id, DrainStatus left) {
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeNumberField("region", region);
                json.writeBooleanField("drained", left.isDone(replicas));
                json.writeNumberField("leaders_left", left.leadersLeft());
                json.writeNumberField("replicas_left", left.replicasLeft());
                json.writeEndObject();
            });
        }
        root.out().println("region " + id + ": " + describe(left));
        return ExitCode.OK;
    }

    private String describe(DrainStatus left) {
        String leaders = Cells.count(left.leadersLeft(), "leader", "leaders");
        String text = replicas ? leaders + " and " + Cells.count(left.replicasLeft(), "replica", "replicas") : leaders;
        return left.isDone(replicas) ? "drained" : text + " left";
    }
}
