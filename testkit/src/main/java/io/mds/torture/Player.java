package io.mds.torture;

import io.mds.client.Table;
import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Kind;
import io.mds.torture.check.Operation.Outcome;
import io.mds.torture.check.Operation.Result;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A client that asks for one thing after the other, chosen by its seed.
 *
 * <p>Thread: one of its own, until {@link #stop()}. What it asks depends on the seed and, for conditional updates, on the
 * versions that it was told.
 */
final class Player {
    /** Between values that are set, so that a value tells who set it, whatever was added since. */
    private static final long VALUE_STEP = 1_000_000;

    private final String name;
    private final Visit visit;
    private final Recorder recorder;
    private final Random random;
    private final int pauseMillis;
    private final Map<String, Long> versions = new HashMap<>();
    private final Thread thread;
    private volatile boolean stopping;
    private volatile RuntimeException failure;

    /**
     * @param client names what the table is of
     * @param handed through which players hand sessions on to each other
     * @param pauseMillis the mean time between an answer and the next request
     */
    Player(
            String name,
            String client,
            Table table,
            HandedSessions handed,
            Recorder recorder,
            long seed,
            int pauseMillis) {
        this.name = name;
        this.recorder = recorder;
        this.random = new Random(seed);
        this.visit = new Visit(client, table, handed, random);
        this.pauseMillis = pauseMillis;
        this.thread = new Thread(this::play, "player-" + name);
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Tells it to end; {@link #awaitEnd()} waits. */
    void stop() {
        stopping = true;
    }

    void awaitEnd() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while stopping " + thread.getName(), e);
        }
        if (failure != null) {
            throw new IllegalStateException(thread.getName() + " failed: " + failure, failure);
        }
    }

    private void play() {
        try {
            while (!stopping) {
                visit.mayEnd();
                Call call = visit.part(next());
                remember(call, recorder.send(visit.table(), call));
                TimeUnit.MILLISECONDS.sleep(1 + random.nextInt(2 * pauseMillis));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void remember(Call call, Result result) {
        if (result.outcome() != Outcome.OK) {
            return;
        }
        if (call.kind().isRead()) {
            // What is at hand may be newer than what a replica had.
            result.seen().forEach(seen -> versions.merge(seen.key(), seen.version(), Math::max));
        } else if (call.kind() == Kind.DELETE) {
            versions.remove(call.key());
        } else {
            versions.put(call.key(), result.version());
        }
    }

    private Call next() {
        long id = recorder.nextId();
        int dice = random.nextInt(100);
        if (dice < 60) {
            return hot(id);
        }
        if (dice < 75) {
            return group(id);
        }
        if (dice < 85) {
            String row = one(Rows.COUNTERS);
            return random.nextInt(4) == 0 ? Call.read(id, name, row) : Call.write(id, name, Kind.INCREMENT, row, 1);
        }
        String row = one(Rows.COLD);
        return switch (random.nextInt(4)) {
            case 0 -> Call.read(id, name, row);
            case 1 -> Call.write(id, name, Kind.INSERT, row, id * VALUE_STEP);
            case 2 -> updateIf(id, row);
            default -> Call.write(id, name, Kind.UPSERT, row, id * VALUE_STEP);
        };
    }

    private Call hot(long id) {
        String partition = one(Rows.HOT_PARTITIONS);
        String row = one(Rows.of(partition));
        int dice = random.nextInt(60);
        if (dice < 20) {
            return Call.read(id, name, row);
        }
        if (dice < 30) {
            return Call.write(id, name, Kind.UPSERT, row, id * VALUE_STEP);
        }
        if (dice < 40) {
            return updateIf(id, row);
        }
        if (dice < 49) {
            return Call.write(id, name, Kind.INCREMENT, row, 1);
        }
        if (dice < 52) {
            return Call.delete(id, name, row);
        }
        if (dice < 55) {
            return Call.write(id, name, Kind.INSERT, row, id * VALUE_STEP);
        }
        return Call.look(id, name, dice < 58 ? Kind.MULTI_GET : Kind.SCAN, null, Rows.of(partition));
    }

    private Call group(long id) {
        String group = one(Rows.GROUPS);
        int dice = random.nextInt(15);
        if (dice < 7) {
            return Call.batch(id, name, group, Rows.of(group), id * VALUE_STEP);
        }
        return Call.look(id, name, dice < 11 ? Kind.MULTI_GET : Kind.SCAN, group, Rows.of(group));
    }

    private Call updateIf(long id, String row) {
        Long expected = versions.get(row);
        return expected == null ? Call.read(id, name, row) : Call.updateIf(id, name, row, expected, id * VALUE_STEP);
    }

    private <T> T one(List<T> choice) {
        return choice.get(random.nextInt(choice.size()));
    }
}
