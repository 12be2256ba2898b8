package io.mds.bench;

import io.mds.proto.GetRoutesRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.Role;
import io.mds.rpc.Deadline;
import io.mds.rpc.LocalIdentity;
import io.mds.rpc.RequestHandler;
import io.mds.rpc.RpcChannel;
import io.mds.rpc.RpcTransport;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** A master that has many tables, and is asked for the route of one of them at a time; its regions are simulated. */
final class RoutesTarget implements LookUpTarget {
    private static final int REGIONS = 3;
    private static final int SHARDS = 6;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final SimulatedCluster cluster;
    private final List<String> tables;
    private final RpcTransport transport = SimulatedCluster.transport("bench-routes");
    private final RpcChannel master;

    private RoutesTarget(SimulatedCluster cluster) {
        this.cluster = cluster;
        this.tables = cluster.tables();
        this.master =
                transport.channel(cluster.master(), LocalIdentity.of(Role.CLIENT, "bench"), RequestHandler.refusing());
    }

    static RoutesTarget start(Servers servers, int tables, PrintStream progress) throws Exception {
        SimulatedCluster.Size size = new SimulatedCluster.Size(1, REGIONS, tables, SHARDS, 1, 0);
        return new RoutesTarget(SimulatedCluster.start(servers, size, progress));
    }

    @Override
    public String name() {
        return MdsTarget.NAME;
    }

    /** Asks as a client does that has no route yet; all clients share a connection, as the threads of one client do. */
    @Override
    public Client client(Rows rows) {
        return (scenario, random) -> {
            String table = tables.get(random.nextInt(tables.size()));
            Reply reply = master.call(
                            Request.newBuilder()
                                    .setGetRoutes(GetRoutesRequest.newBuilder()
                                            .addTables(GetRoutesRequest.Known.newBuilder()
                                                    .setTable(table))),
                            Deadline.after(LIMIT))
                    .get();
            if (reply.getGetRoutes().getRoutes(0).getShardsCount() != SHARDS) {
                throw new IllegalStateException("incomplete routes of " + table + ": " + reply);
            }
        };
    }

    @Override
    public List<Target> alongside() {
        return List.of(new ZooKeeperTarget(cluster.connectString(), tables));
    }

    @Override
    public void close() {
        master.close();
        transport.close();
        cluster.close();
    }
}
