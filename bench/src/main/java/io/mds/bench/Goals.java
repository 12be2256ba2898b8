package io.mds.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The ratios to its peers, measured in one run on one machine, that MDS is meant to reach: with one replica to servers that
 * copy nothing, with three to PostgreSQL and two standbys.
 */
final class Goals {
    /** One goal and what the figures say of it. */
    record Outcome(int replicas, String scenario, int clients, String peer, double ratio, double goal) {
        boolean reached() {
            return ratio >= goal;
        }
    }

    private record Goal(int replicas, String scenario, int fromClients, int toClients, String peer, double ratio) {}

    private static final int ANY = Integer.MAX_VALUE;

    private static final List<Goal> GOALS = List.of(
            new Goal(1, "read", 1, 1, PostgresTarget.NAME, 1.5),
            new Goal(1, "read", 1, 1, H2Target.NAME, 1.5),
            new Goal(1, "read", 2, ANY, PostgresTarget.NAME, 1.5),
            new Goal(1, "read", 2, ANY, H2Target.NAME, 3.0),
            new Goal(1, "upsert", 1, 1, PostgresTarget.NAME, 1.0),
            new Goal(1, "upsert", 2, ANY, PostgresTarget.NAME, 1.5),
            new Goal(1, "batch", 1, ANY, PostgresTarget.NAME, 1.5),
            new Goal(1, "scan", 1, ANY, PostgresTarget.NAME, 2.0),
            new Goal(1, "scan", 1, ANY, H2Target.NAME, 10.0),
            new Goal(1, "routes", 1, ANY, ZooKeeperTarget.NAME, 3.0),
            new Goal(3, "upsert", 1, 1, PostgresTarget.SYNC_NAME, 1.0),
            new Goal(3, "upsert", 2, ANY, PostgresTarget.SYNC_NAME, 1.3),
            new Goal(3, "batch", 1, ANY, PostgresTarget.SYNC_NAME, 1.2),
            new Goal(3, "read", 64, ANY, PostgresTarget.SYNC_NAME, 1.5));

    private Goals() {}

    /** Those goals for which both sides were measured. */
    static List<Outcome> outcomes(List<Figure> figures) {
        List<Outcome> outcomes = new ArrayList<>();
        for (Figure ours : figures) {
            if (!ours.target().equals(MdsTarget.NAME)) {
                continue;
            }
            for (Goal goal : GOALS) {
                if (goal.replicas() == ours.replicas()
                        && goal.scenario().equals(ours.scenario())
                        && ours.clients() >= goal.fromClients()
                        && ours.clients() <= goal.toClients()) {
                    peer(figures, ours, goal.peer())
                            .ifPresent(peer -> outcomes.add(new Outcome(
                                    ours.replicas(),
                                    ours.scenario(),
                                    ours.clients(),
                                    goal.peer(),
                                    ours.opsPerSecond() / peer.opsPerSecond(),
                                    goal.ratio())));
                }
            }
        }
        return outcomes;
    }

    private static Optional<Figure> peer(List<Figure> figures, Figure ours, String peer) {
        return figures.stream()
                .filter(figure -> figure.target().equals(peer)
                        && figure.scenario().equals(ours.scenario())
                        && figure.clients() == ours.clients()
                        && figure.opsPerSecond() > 0)
                .findFirst();
    }
}
