package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.TableDescription;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.table.TableSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Creates, changes and drops tables of its own all the time while masters die, remembers what became of each change, and
 * tells when the masters do not.
 *
 * <p>Some calls have little time, so that their outcomes are unknown more often. Their tables are left alone until
 * {@link #settle}.
 *
 * <p>Thread: one of its own between {@link #start()} and {@link #stop()}; everything else belongs to whoever calls these two.
 */
final class DdlClient implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MOST_TABLES = 5;
    private static final int FEWEST_TABLES = 2;
    /** More changes would find nothing more, and take the cores from the masters. */
    private static final long PAUSE_NANOS = Duration.ofMillis(40).toNanos();
    /** What a takeover may answer. */
    private static final Set<ErrorCode> EXPECTED = Set.of(
            ErrorCode.UNAVAILABLE, ErrorCode.NOT_LEADER, ErrorCode.DEADLINE_EXCEEDED, ErrorCode.RESOURCE_EXHAUSTED);

    private final String name;
    private final Random random;
    private final MdsClient client;
    private final Map<String, OwnTable> tables = new LinkedHashMap<>();
    private Thread thread;
    private int created;
    private volatile boolean stopping;
    private volatile Throwable problem;
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();

    DdlClient(MdsCluster cluster, String name, long seed) {
        this.name = name;
        this.random = new Random(seed);
        this.client = MdsClient.connect(MdsClientOptions.builder(cluster.connectString())
                .timeout(PATIENCE)
                .eventLoopThreads(1)
                .spin(Duration.ZERO)
                .name(name)
                .build());
    }

    void start() {
        stopping = false;
        thread = new Thread(this::run, "ddl-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns when its last change has an outcome. */
    void stop() {
        stopping = true;
        if (thread != null) {
            SteadyWriter.join(thread);
        }
    }

    long acknowledged() {
        return acknowledged.get();
    }

    long unknown() {
        return unknown.get();
    }

    /** What contradicts what was acknowledged. */
    Optional<Throwable> problem() {
        return Optional.ofNullable(problem);
    }

    private void run() {
        while (!stopping) {
            try {
                step();
            } catch (RuntimeException | AssertionError e) {
                problem = e;
                return;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void step() {
        OwnTable table = pick();
        if (random.nextBoolean()) {
            lookAt(table);
        }
        SchemaStep step = stepOn(table);
        Duration limit = random.nextInt(3) == 0 ? Duration.ofMillis(100 + random.nextInt(1_000)) : PATIENCE;
        table.intends(step);
        try {
            TableSchema answer = step.call().on(client.withTimeout(limit));
            table.done(step);
            assertThat(Optional.ofNullable(answer).map(TableShape::of))
                    .as("the answer to the last change of %s", table)
                    .isEqualTo(step.after());
            acknowledged.incrementAndGet();
        } catch (MdsException e) {
            if (!EXPECTED.contains(e.code())) {
                throw new AssertionError("refused, and should not be: " + table, e);
            }
            if (e.outcome() == Outcome.UNKNOWN) {
                table.perhapsDone(step, e.getMessage());
                unknown.incrementAndGet();
            } else {
                table.notDone(e.getMessage());
            }
        }
    }

    private OwnTable pick() {
        List<OwnTable> decided =
                tables.values().stream().filter(OwnTable::isDecided).toList();
        List<OwnTable> present =
                decided.stream().filter(table -> table.shape().isPresent()).toList();
        boolean more = present.size() < FEWEST_TABLES || (present.size() < MOST_TABLES && random.nextInt(8) == 0);
        if (!more) {
            return present.get(random.nextInt(present.size()));
        }
        List<OwnTable> absent =
                decided.stream().filter(table -> table.shape().isEmpty()).toList();
        if (!absent.isEmpty() && random.nextBoolean()) {
            return absent.get(random.nextInt(absent.size()));
        }
        return tables.computeIfAbsent(name + "_" + ++created, OwnTable::new);
    }

    private SchemaStep stepOn(OwnTable table) {
        if (table.shape().isEmpty()) {
            return SchemaStep.create(table.name());
        }
        return random.nextInt(8) == 0
                ? SchemaStep.drop(table.name())
                : SchemaStep.change(table.name(), table.shape().get(), random);
    }

    private void lookAt(OwnTable table) {
        try {
            table.requireAcknowledged(client);
        } catch (MdsException e) {
            if (!EXPECTED.contains(e.code())) {
                throw e;
            }
        }
    }

    /**
     * Compares all its tables with what was acknowledged, on the master and by their rows; to be called after it was stopped and
     * all procedures have ended.
     *
     * @param other a client that has made none of the changes
     * @return the tables that there are
     */
    List<TableDescription> settle(MdsClient other) {
        List<TableDescription> found = new ArrayList<>();
        for (OwnTable table : tables.values()) {
            table.settle(other).ifPresent(description -> {
                table.use(random.nextBoolean() ? client : other);
                found.add(description);
            });
        }
        tables.values().removeIf(table -> table.shape().isEmpty());
        return found;
    }

    @Override
    public void close() {
        stopping = true;
        client.close();
        stop();
    }
}
