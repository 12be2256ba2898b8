package io.mds.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Clients that each send their next operation when the last was answered, for a while.
 *
 * <p>Thread: one for each client, with a histogram of its own; they are added up when all have ended.
 */
final class ClosedLoop {
    private static final long SLOWEST_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;

    private final Target target;
    private final Rows rows;
    private final long seed;

    ClosedLoop(Target target, Rows rows, long seed) {
        this.target = target;
        this.rows = rows;
        this.seed = seed;
    }

    Measurement run(Scenario scenario, int clients, Duration length) throws InterruptedException {
        List<Loop> loops = new ArrayList<>();
        long begin = System.nanoTime();
        for (int i = 0; i < clients; i++) {
            Loop loop = new Loop(target.client(rows), scenario, new Random(seed + i), begin + length.toNanos());
            Thread thread = new Thread(loop, "client-" + i);
            loop.thread = thread;
            loops.add(loop);
            thread.start();
        }
        Histogram all = new Histogram(SLOWEST_NANOS, DIGITS);
        long errors = 0;
        String firstError = null;
        for (Loop loop : loops) {
            loop.thread.join();
            all.add(loop.latencies);
            errors += loop.errors;
            firstError = firstError == null ? loop.firstError : firstError;
        }
        return new Measurement(all, System.nanoTime() - begin, errors, firstError);
    }

    private static final class Loop implements Runnable {
        private final Target.Client client;
        private final Scenario scenario;
        private final Random random;
        private final long end;
        private final Histogram latencies = new Histogram(SLOWEST_NANOS, DIGITS);
        private Thread thread;
        private long errors;
        private String firstError;

        Loop(Target.Client client, Scenario scenario, Random random, long end) {
            this.client = client;
            this.scenario = scenario;
            this.random = random;
            this.end = end;
        }

        @Override
        public void run() {
            long before = System.nanoTime();
            while (before - end < 0) {
                boolean answered = attempt();
                long after = System.nanoTime();
                if (answered) {
                    latencies.recordValue(Math.min(after - before, SLOWEST_NANOS));
                }
                before = after;
            }
        }

        private boolean attempt() {
            try {
                client.run(scenario, random);
                return true;
            } catch (Exception e) {
                errors++;
                if (firstError == null) {
                    firstError = e.toString();
                }
                return false;
            }
        }
    }

    /**
     * What came out.
     *
     * @param latencies of answered operations, in nanoseconds
     * @param firstError null when there was none
     */
    record Measurement(Histogram latencies, long elapsedNanos, long errors, String firstError) {
        double perSecond() {
            return latencies.getTotalCount() * 1e9 / elapsedNanos;
        }

        double micros(double percentile) {
            return latencies.getValueAtPercentile(percentile) / 1e3;
        }
    }
}
