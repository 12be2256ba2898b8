package io.mds.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What the rounds of {@code mds bench failover} measured. Confined to the thread of the run. */
final class FailoverFigures {
    /** No pause may be longer. */
    static final Duration LONGEST_GOAL = Duration.ofMillis(1_500);

    static final Duration MEDIAN_GOAL = Duration.ofMillis(600);
    /** Of 99 percent of the writes. */
    static final Duration FOLLOWER_GOAL = Duration.ofMillis(250);

    private final List<Double> pauses = new ArrayList<>();
    private final List<Double> besideFollowerKills = new ArrayList<>();
    private int followerRounds;
    private long lost;
    private long twice;

    /** One leader killed: the time until its shard's next acknowledged write. */
    record LeaderRound(String scenario, String target, int replicas, int round, String region, long shard, double ms) {}

    /** One follower killed: how long the writes of the shard took. */
    record FollowerRound(
            String scenario,
            String target,
            int replicas,
            int round,
            String region,
            long shard,
            int writes,
            @JsonProperty("p99_ms") double p99Millis,
            @JsonProperty("longest_ms") double longestMillis) {}

    /** All rounds together. */
    record Summary(
            String scenario,
            String target,
            int replicas,
            int rounds,
            @JsonProperty("median_ms") double medianMillis,
            @JsonProperty("max_ms") double maxMillis,
            @JsonProperty("within_1500_ms") long withinGoal,
            @JsonProperty("follower_rounds") int followerRounds,
            @JsonProperty("follower_p99_ms") double followerP99Millis,
            @JsonProperty("follower_longest_ms") double followerLongestMillis,
            long acknowledged,
            long unknown,
            long lost,
            long twice) {

        /** What must hold and does not, a line for each. The median is a goal, and none of these. */
        List<String> broken() {
            List<String> broken = new ArrayList<>();
            if (lost > 0) {
                broken.add("lost writes: " + lost + " (limit: none)");
            }
            if (twice > 0) {
                broken.add("writes applied twice: " + twice + " (limit: none)");
            }
            if (withinGoal < rounds) {
                broken.add(String.format(
                        Locale.ROOT,
                        "leader kills after which writes took longer to go on: %d of %d, the longest %.0f ms (limit: %d ms)",
                        rounds - withinGoal,
                        rounds,
                        maxMillis,
                        LONGEST_GOAL.toMillis()));
            }
            if (followerP99Millis > FOLLOWER_GOAL.toMillis()) {
                broken.add(String.format(
                        Locale.ROOT,
                        "p99 of writes while followers are killed: %.1f ms (limit: %d ms)",
                        followerP99Millis,
                        FOLLOWER_GOAL.toMillis()));
            }
            return broken;
        }
    }

    LeaderRound leaderKilled(int round, String region, long shard, long pauseNanos) {
        double millis = millis(pauseNanos);
        pauses.add(millis);
        return new LeaderRound("kill-leader", MdsTarget.NAME, FailoverRun.REPLICAS, round, region, shard, millis);
    }

    FollowerRound followerKilled(int round, String region, long shard, List<ShardWriter.Write> writes) {
        List<Double> took = writes.stream()
                .map(write -> millis(write.endedNanos() - write.begunNanos()))
                .toList();
        followerRounds++;
        besideFollowerKills.addAll(took);
        return new FollowerRound(
                "kill-follower",
                MdsTarget.NAME,
                FailoverRun.REPLICAS,
                round,
                region,
                shard,
                took.size(),
                percentile(took, 99),
                longest(took));
    }

    void checked(ShardWriter.Finding finding) {
        lost += finding.lost();
        twice += finding.twice();
    }

    Summary summary(long acknowledged, long unknown) {
        return new Summary(
                "failover",
                MdsTarget.NAME,
                FailoverRun.REPLICAS,
                pauses.size(),
                median(pauses),
                longest(pauses),
                pauses.stream()
                        .filter(pause -> pause <= LONGEST_GOAL.toMillis())
                        .count(),
                followerRounds,
                percentile(besideFollowerKills, 99),
                longest(besideFollowerKills),
                acknowledged,
                unknown,
                lost,
                twice);
    }

    private static double millis(long nanos) {
        return Math.round(nanos / 1e5) / 10.0;
    }

    private static double longest(List<Double> values) {
        return values.stream().max(Comparator.naturalOrder()).orElse(0.0);
    }

    static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        if (sorted.length == 0) {
            return 0;
        }
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The smallest value that so many percent of all values do not exceed. */
    static double percentile(List<Double> values, double percent) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int rank = (int) Math.ceil(sorted.length * percent / 100);
        return sorted.length == 0 ? 0 : sorted[Math.max(0, rank - 1)];
    }
}
