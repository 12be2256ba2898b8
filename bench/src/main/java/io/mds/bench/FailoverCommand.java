package io.mds.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mds bench failover}: how long a shard takes no writes when a region is killed. */
@Command(
        name = "failover",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures how long a shard takes no writes when its leader is killed.",
            "Kills the region that leads a shard with -9, again and again, and measures the time from the kill to the"
                    + " shard's next acknowledged write; then a quarter as many followers. A client writes to each shard"
                    + " without pause.",
            "Exit codes: 0 all limits hold, 1 a write was lost or applied twice, a leader's death stopped writes for"
                    + " more than 1,500 ms, 99 percent of the writes beside a follower's death took more than 250 ms, or a"
                    + " round did not end, 2 wrong options."
        })
final class FailoverCommand implements Callable<Integer> {
    private static final int FOLLOWERS_PART = 4;

    @Option(
            names = "--rounds",
            defaultValue = "20",
            paramLabel = "N",
            description = "how many leaders to kill (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Mixin
    private RunOptions run;

    private final PrintStream out;
    private final PrintStream err;

    FailoverCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws Exception {
        run.requireBetween("--rounds", rounds, 1, 1_000);
        try (WorkDirectory work = run.workDirectory();
                FailoverRun failovers = start(work)) {
            return measure(failovers);
        }
    }

    private FailoverRun start(WorkDirectory work) {
        err.println("starting a master and three regions, three replicas of each shard");
        return new FailoverRun(run.servers(work).in("failover"));
    }

    private int measure(FailoverRun failovers) {
        JsonLines lines = run.results();
        try {
            for (int round = 1; round <= rounds; round++) {
                took(failovers.killLeader(round), lines);
            }
            for (int round = 1; round <= Math.max(1, rounds / FOLLOWERS_PART); round++) {
                took(failovers.killFollower(round), lines);
            }
        } catch (IllegalStateException e) {
            err.println("mds bench failover: " + e.getMessage());
            err.println(failovers.dump());
            return 1;
        }
        FailoverFigures.Summary summary = failovers.summary();
        lines.add(summary);
        print(summary);
        List<String> broken = summary.broken();
        broken.forEach(limit -> err.println("mds bench failover: broken: " + limit));
        return broken.isEmpty() ? 0 : 1;
    }

    private void took(FailoverFigures.LeaderRound round, JsonLines lines) {
        lines.add(round);
        out.printf(
                Locale.ROOT,
                "leader %3d of %d: %s killed, shard %d acknowledges writes again after %,.0f ms%n",
                round.round(),
                rounds,
                round.region(),
                round.shard(),
                round.ms());
    }

    private void took(FailoverFigures.FollowerRound round, JsonLines lines) {
        lines.add(round);
        out.printf(
                Locale.ROOT,
                "follower %d: %s killed, %,d writes to shard %d: p99 %,.1f ms, longest %,.1f ms%n",
                round.round(),
                round.region(),
                round.writes(),
                round.shard(),
                round.p99Millis(),
                round.longestMillis());
    }

    private void print(FailoverFigures.Summary summary) {
        out.println();
        out.printf(
                Locale.ROOT,
                "leaders killed: median %,.0f ms (goal %d ms: %s), longest %,.0f ms; within %,d ms %d of %d (goal all: %s)%n",
                summary.medianMillis(),
                FailoverFigures.MEDIAN_GOAL.toMillis(),
                reached(summary.medianMillis() <= FailoverFigures.MEDIAN_GOAL.toMillis()),
                summary.maxMillis(),
                FailoverFigures.LONGEST_GOAL.toMillis(),
                summary.withinGoal(),
                summary.rounds(),
                reached(summary.withinGoal() == summary.rounds()));
        out.printf(
                Locale.ROOT,
                "followers killed: p99 of writes %,.1f ms (goal %d ms: %s), longest %,.1f ms%n",
                summary.followerP99Millis(),
                FailoverFigures.FOLLOWER_GOAL.toMillis(),
                reached(summary.followerP99Millis() <= FailoverFigures.FOLLOWER_GOAL.toMillis()),
                summary.followerLongestMillis());
        out.printf(
                Locale.ROOT,
                "%,d writes acknowledged, %,d without a clear answer; lost: %d, applied twice: %d%n",
                summary.acknowledged(),
                summary.unknown(),
                summary.lost(),
                summary.twice());
    }

    private static String reached(boolean reached) {
        return reached ? "reached" : "not reached";
    }
}
