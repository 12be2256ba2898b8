package io.mds.torture;

import io.mds.testkit.Links;
import io.mds.torture.Fault.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Which faults come in which order: a function of the seed.
 *
 * <p>Invariant: at most one fault at a time keeps a region from serving, so that a minority of each shard's replicas is
 * down, or all of them and then all come back.
 */
final class FaultPlan {
    static final int REGIONS = 3;
    static final int MASTERS = 2;
    private static final int ROUNDS_BETWEEN_CALMS = 4;
    private static final int ROUND_OF_THE_FOURTH = 2;
    private static final double TWO_AT_A_TIME = 0.3;
    private static final Set<Kind> ALONE = EnumSet.of(Kind.ADD_REGION, Kind.DRAIN_REGION, Kind.EMPTY_REGION);

    private final Random random;
    private int regions = REGIONS;

    private FaultPlan(long seed) {
        this.random = new Random(seed);
    }

    /**
     * What happens next.
     *
     * @param pauseMillis before the faults
     * @param faults at the same time
     * @param calm whether all rows have to become writable before the next round
     */
    record Round(int number, long pauseMillis, List<Fault> faults, boolean calm) {
        @Override
        public String toString() {
            return String.format(
                    "%3d. after %4d ms: %s%s",
                    number,
                    pauseMillis,
                    String.join(" + ", faults.stream().map(Fault::toString).toList()),
                    calm ? "; then calm" : "");
        }
    }

    static List<Round> of(long seed, int rounds) {
        FaultPlan plan = new FaultPlan(seed);
        List<Round> all = new ArrayList<>();
        for (int number = 1; number <= rounds; number++) {
            all.add(plan.next(number));
        }
        return all;
    }

    private Round next(int number) {
        long pause = 500L + random.nextInt(3_000);
        // Replicas can move from then on.
        Fault first = fault(number == ROUND_OF_THE_FOURTH ? Kind.ADD_REGION : draw(Kind.values()));
        List<Fault> faults = new ArrayList<>(List.of(first));
        boolean two = random.nextDouble() < TWO_AT_A_TIME;
        if (two && !ALONE.contains(first.kind())) {
            Kind[] compatible = Arrays.stream(Kind.values())
                    .filter(kind -> kind.stopsRegions != first.kind().stopsRegions)
                    .filter(kind -> !ALONE.contains(kind))
                    .filter(kind -> !kind.movesReplicas() || regions > REGIONS)
                    .toArray(Kind[]::new);
            faults.add(fault(draw(compatible)));
        }
        faults.stream().filter(fault -> fault.kind() == Kind.ADD_REGION).forEach(fault -> regions = REGIONS + 1);
        return new Round(number, pause, List.copyOf(faults), number % ROUNDS_BETWEEN_CALMS == 0);
    }

    private Kind draw(Kind[] kinds) {
        int left = random.nextInt(
                Arrays.stream(kinds).mapToInt(kind -> kind.weight).sum());
        for (Kind kind : kinds) {
            left -= kind.weight;
            if (left < 0) {
                return kind;
            }
        }
        throw new IllegalStateException("weights do not add up");
    }

    private Kind possible(Kind drawn) {
        boolean hasSpare = regions > REGIONS;
        if (drawn == Kind.ADD_REGION && hasSpare) {
            return Kind.KILL_REGION;
        }
        return drawn.movesReplicas() && !hasSpare ? Kind.ADD_REGION : drawn;
    }

    private Fault fault(Kind drawn) {
        Kind kind = possible(drawn);
        int region = 1 + random.nextInt(regions);
        int master = 1 + random.nextInt(MASTERS);
        int otherRegion = 1 + (region + random.nextInt(regions - 1)) % regions;
        Links.Cut cut = random.nextBoolean() ? Links.Cut.CLOSED : Links.Cut.SILENT;
        long millis = 1_000L + random.nextInt(7_000);
        return switch (kind) {
            case KILL_REGION -> new Fault(kind, region, 0, null, millis / 2);
            case KILL_ALL_REGIONS -> new Fault(kind, 0, 0, null, millis / 4);
            case PAUSE_REGION, DRAIN_REGION, EMPTY_REGION -> new Fault(kind, region, 0, null, millis);
            case EXPIRE_REGION, ADD_REGION -> new Fault(kind, region, 0, null, 1_000);
            case MOVE_SHARD -> new Fault(kind, region, 1 + random.nextInt(Rows.SHARDS), null, 1_000);
            case CUT_CLIENTS_FROM_REGION, CUT_REGION_FROM_ZOOKEEPER -> new Fault(kind, region, 0, cut, millis);
            case ISOLATE_REGION -> new Fault(kind, region, 0, null, millis);
            case CUT_REGION_FROM_REGION -> new Fault(kind, region, otherRegion, cut, millis);
            case CUT_REGION_FROM_MASTER -> new Fault(kind, region, master, cut, millis);
            case KILL_MASTER -> new Fault(kind, 0, master, null, millis / 2);
            case PAUSE_MASTER -> new Fault(kind, 0, master, null, millis);
            case EXPIRE_MASTER -> new Fault(kind, 0, master, null, 1_000);
            case CUT_MASTER_FROM_ZOOKEEPER -> new Fault(kind, 0, master, cut, millis);
            case STOP_ZOOKEEPER -> new Fault(kind, 0, 0, null, millis / 2);
        };
    }
}
