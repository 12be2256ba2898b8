package io.mds.bench;

import io.mds.proto.GetRoutesRequest;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcChannel;
import io.mds.rpc.RpcConfig;
import io.mds.rpc.RpcTransport;
import io.mds.testkit.Member;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The active master of a large cluster is killed with -9, and everybody comes to the standby. */
final class HeartbeatsTakeover {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration LOOK_UP_LIMIT = Duration.ofSeconds(1);

    private final HeartbeatsFigures.Scale scale;
    private final SimulatedCluster cluster;
    private final RouteClients clients;
    private final PrintStream progress;

    HeartbeatsTakeover(
            HeartbeatsFigures.Scale scale, SimulatedCluster cluster, RouteClients clients, PrintStream progress) {
        this.scale = scale;
        this.cluster = cluster;
        this.clients = clients;
        this.progress = progress;
    }

    HeartbeatsTakeoverFigures measure() throws InterruptedException {
        Member victim = cluster.activeMaster();
        Member next = cluster.standbyMaster();
        cluster.awaitFollowing(next);
        HostPort address = new HostPort("127.0.0.1", next.port());
        progress.printf("killing %s%n", victim.name());
        ReturnTally tally = new ReturnTally();
        var unusedBeats = cluster.tally();
        try (RouteProbes probes = new RouteProbes(address, cluster.tables());
                RpcTransport transport = new RpcTransport(RpcConfig.DEFAULTS, "bench-first")) {
            RpcChannel first =
                    transport.channel(address, LocalIdentity.of(Role.CLIENT, "bench first"), RequestHandler.refusing());
            // These are connected before: what they measure is answers.
            probes.open();
            boolean unusedAnswer = answersRoutes(first);
            long killed = System.nanoTime();
            victim.kill();
            await("another master is active", () -> cluster.isActive(next));
            say("%s is named as active %.1f s after the kill", next.name(), secondsSince(killed));
            // All are told in the same moment, as by a watch.
            cluster.moveTo(address);
            clients.comeBack(address, tally);
            await("it answers", () -> answersRoutes(first));
            long serving = System.nanoTime();
            say("it tells routes %.1f s after the kill", secondsSince(killed));
            MasterUsage usage = cluster.usage(next);
            Duration processorBefore = usage.processorTime();
            RouteProbes.Probing probing = probes.start(LIMIT);
            Returns returns = awaitAll(tally, usage, serving);
            RouteProbes.Result routes = probing.end();
            MasterUsage.Gauges seen = cluster.awaitWhole(usage);
            TakeoverLog log = TakeoverLog.last(next.output())
                    .orElseThrow(() -> new IllegalStateException(next.name() + " says nothing of its takeover"));
            say(
                    "clients refused %,d times, the first: %s",
                    tally.told().refusals(), tally.told().firstRefusal());
            return HeartbeatsTakeoverFigures.of(
                    scale,
                    new HeartbeatsTakeoverFigures.Times(
                            Duration.ofNanos(serving - killed),
                            Duration.ofMillis(log.tookMillis()),
                            Duration.ofNanos(tally.told().lastNanos() - serving),
                            Duration.ofNanos(returns.regionsNanos - serving),
                            Duration.ofNanos(returns.endNanos - serving)),
                    returns.processor.minus(processorBefore),
                    tally.told(),
                    routes,
                    seen);
        }
    }

    /** @param processor of the new master at the end, when all clients and regions had come */
    private record Returns(long regionsNanos, long endNanos, Duration processor) {}

    private Returns awaitAll(ReturnTally tally, MasterUsage usage, long serving) throws InterruptedException {
        long[] regionsNanos = {serving};
        await("all regions and clients have come to the new master", () -> {
            boolean regions = cluster.areRegistered();
            if (!regions) {
                regionsNanos[0] = System.nanoTime();
            }
            return regions && tally.told().clients() == scale.connections();
        });
        return new Returns(regionsNanos[0], System.nanoTime(), usage.processorTime());
    }

    private boolean answersRoutes(RpcChannel master) {
        try {
            return master.call(
                                    Request.newBuilder()
                                            .setGetRoutes(GetRoutesRequest.newBuilder()
                                                    .addTables(GetRoutesRequest.Known.newBuilder()
                                                            .setTable(TablePlan.name(0)))),
                                    Deadline.after(LOOK_UP_LIMIT))
                            .get()
                            .getGetRoutes()
                            .getRoutesCount()
                    == 1;
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    private void say(String format, Object... values) {
        progress.printf(Locale.ROOT, format + "%n", values);
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("waited " + LIMIT.toSeconds() + " s in vain until " + what);
            }
            TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
        }
    }
}
