package io.mds.bench;

import io.mds.proto.GetRoutesRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcChannel;
import io.mds.rpc.RpcConfig;
import io.mds.rpc.RpcTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * A few clients that look up the route of one table after the other at a steady pace, with a connection and an event loop of
 * their own beside those of the many.
 *
 * <p>A look-up that had to wait for the answer to the one before is counted from the moment at which it was due.
 */
final class RouteProbes implements AutoCloseable {
    static final int PROBES = 4;
    static final int PER_SECOND = 50;

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final long PACE_NANOS = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
    private static final long SLOWEST_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;

    private final RpcTransport transport = new RpcTransport(RpcConfig.DEFAULTS, "bench-probes");
    private final List<String> tables;
    private final List<RpcChannel> channels = new ArrayList<>();

    /** @param errors look-ups without a right answer */
    record Result(Histogram latencies, long errors, String firstError) {}

    RouteProbes(HostPort master, List<String> tables) {
        this.tables = tables;
        for (int i = 0; i < PROBES; i++) {
            channels.add(transport.channel(
                    master, LocalIdentity.of(Role.CLIENT, "bench probe " + i), RequestHandler.refusing()));
        }
    }

    /** Begins to connect, to a master that need not serve yet. */
    void open() {
        channels.forEach(RpcChannel::open);
    }

    /** Begins to probe; to be ended by {@link Probing#finish}. */
    Probing start(Duration length) {
        long end = System.nanoTime() + length.toNanos();
        List<Probe> probes = new ArrayList<>();
        for (int i = 0; i < PROBES; i++) {
            Probe probe = new Probe(channels.get(i), i, end);
            probe.thread.start();
            probes.add(probe);
        }
        return new Probing(probes);
    }

    /** Probes on their way. */
    static final class Probing {
        private final List<Probe> probes;

        private Probing(List<Probe> probes) {
            this.probes = probes;
        }

        /** Has them stop now. */
        Result end() throws InterruptedException {
            probes.forEach(probe -> probe.end = System.nanoTime());
            return finish();
        }

        /** Waits until all have come to their end. */
        Result finish() throws InterruptedException {
            Histogram all = new Histogram(SLOWEST_NANOS, DIGITS);
            long errors = 0;
            String firstError = null;
            for (Probe probe : probes) {
                probe.thread.join();
                all.add(probe.latencies);
                errors += probe.errors;
                firstError = firstError == null ? probe.firstError : firstError;
            }
            return new Result(all, errors, firstError);
        }
    }

    private final class Probe implements Runnable {
        private final RpcChannel master;
        private final Random random;
        private final long number;
        private final Thread thread;
        private final Histogram latencies = new Histogram(SLOWEST_NANOS, DIGITS);
        private long errors;
        private String firstError;
        private volatile long end;

        Probe(RpcChannel master, int number, long end) {
            this.master = master;
            this.number = number;
            this.random = new Random(number);
            this.end = end;
            this.thread = new Thread(this, "probe-" + number);
            thread.setDaemon(true);
        }

        @Override
        public void run() {
            // The probes take turns.
            long due = System.nanoTime() + PACE_NANOS * number / PROBES;
            while (due - end < 0) {
                boolean late = System.nanoTime() - due > 0;
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                long begin = late ? due : System.nanoTime();
                if (lookUp()) {
                    latencies.recordValue(Math.min(System.nanoTime() - begin, SLOWEST_NANOS));
                }
                due += PACE_NANOS;
            }
        }

        private boolean lookUp() {
            String table = tables.get(random.nextInt(tables.size()));
            try {
                Reply reply = master.call(
                                Request.newBuilder()
                                        .setGetRoutes(GetRoutesRequest.newBuilder()
                                                .addTables(GetRoutesRequest.Known.newBuilder()
                                                        .setTable(table))),
                                Deadline.after(LIMIT))
                        .get();
                if (reply.getGetRoutes().getRoutesCount() != 1) {
                    throw new IllegalStateException("no route of " + table + ": " + reply);
                }
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

    @Override
    public void close() {
        channels.forEach(RpcChannel::close);
        transport.close();
    }
}
