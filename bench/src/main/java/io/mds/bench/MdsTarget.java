package io.mds.bench;

import io.mds.client.Batch;
import io.mds.client.Consistency;
import io.mds.client.MdsClient;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.Table;
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
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import io.mds.testkit.MdsCluster;
import io.mds.testkit.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A cluster of child JVMs, one master and three regions, and one client for all threads, as an application has it. */
final class MdsTarget implements Target {
    static final String NAME = "mds";

    private static final int REGIONS = 3;
    private static final int SHARDS = 6;
    private static final int LOAD_CHUNK = 5_000;
    private static final int SETTLED_CHECKPOINTS = 2;
    private static final String TABLE = "rows";
    private static final Duration ROUTES_LIMIT = Duration.ofSeconds(10);

    private final MdsCluster cluster;
    private final Table table;
    private final Table eventual;
    private final int replicas;
    private final RpcTransport transport;
    private final RpcChannel master;
    private final Checkpoints checkpoints;

    MdsTarget(Servers servers, int replicas) {
        this.replicas = replicas;
        this.cluster =
                servers.start(MdsCluster.builder().masters(1).regions(REGIONS).jvmOptions("-Xmx1g"));
        MdsClient client = cluster.client();
        client.createTable(schema(replicas));
        this.table = client.table(TABLE);
        this.eventual = table.with(Consistency.eventual());
        this.checkpoints = new Checkpoints(
                cluster.regions().stream().map(Member::adminPort).toList());
        RpcConfig rpc = RpcConfig.DEFAULTS;
        this.transport = new RpcTransport(rpc, "bench-routes");
        this.master = transport.channel(
                new HostPort("127.0.0.1", cluster.activeMaster().port()),
                LocalIdentity.of(Role.CLIENT, "bench"),
                RequestHandler.refusing());
    }

    private static TableSchema schema(int replicas) {
        TableSchema.Builder schema =
                TableSchema.named(TABLE).column("dir", ColumnType.STRING).column("name", ColumnType.STRING);
        for (int i = 1; i <= Rows.COLUMNS; i++) {
            schema.column("c" + i, ColumnType.STRING);
        }
        return schema.primaryKey("dir", "name")
                .partitionBy("dir")
                .shards(SHARDS)
                .replicas(replicas)
                .build();
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int replicas() {
        return replicas;
    }

    @Override
    public boolean supports(Scenario scenario) {
        return scenario != Scenario.READ_EVENTUAL || replicas > 1;
    }

    @Override
    public void load(Rows rows) {
        Random random = new Random(1);
        List<Row> chunk = new ArrayList<>(LOAD_CHUNK);
        for (int directory = 0; directory < Rows.DIRECTORIES; directory++) {
            for (int name = 0; name < Rows.NAMES; name++) {
                chunk.add(row(rows, directory, name, random));
            }
            if (chunk.size() >= LOAD_CHUNK) {
                table.upsertAll(chunk);
                chunk.clear();
            }
        }
        table.upsertAll(chunk);
        checkpoints.countFromNow();
    }

    /** The first writes the loaded rows, the second the compilers know. */
    @Override
    public boolean isSettled() {
        return checkpoints.everywhere() >= SETTLED_CHECKPOINTS;
    }

    private static Row row(Rows rows, int directory, int name, Random random) {
        return Row.of(
                "dir",
                rows.directory(directory),
                "name",
                rows.name(name),
                "c1",
                rows.value(random),
                "c2",
                rows.value(random),
                "c3",
                rows.value(random),
                "c4",
                rows.value(random),
                "c5",
                rows.value(random));
    }

    @Override
    public Client client(Rows rows) {
        return (scenario, random) -> {
            int directory = random.nextInt(Rows.DIRECTORIES);
            int name = random.nextInt(Rows.NAMES);
            switch (scenario) {
                case READ -> read(table, rows, directory, name);
                case READ_EVENTUAL -> read(eventual, rows, directory, name);
                case UPSERT -> table.upsert(row(rows, directory, name, random));
                case BATCH -> batch(rows, directory, random);
                case SCAN -> scan(rows, directory);
                case MIX -> {
                    if (random.nextBoolean()) {
                        read(table, rows, directory, name);
                    } else {
                        table.upsert(row(rows, directory, name, random));
                    }
                }
                case ROUTES -> routes();
            }
        };
    }

    private static void read(Table from, Rows rows, int directory, int name) {
        if (from.get(rows.directory(directory), rows.name(name)).isEmpty()) {
            throw new IllegalStateException("no row " + rows.directory(directory) + "/" + rows.name(name));
        }
    }

    private void batch(Rows rows, int directory, Random random) {
        Batch batch = Batch.atomic();
        for (int name = 0; name < Rows.NAMES; name++) {
            batch.upsert(row(rows, directory, name, random));
        }
        table.write(batch);
    }

    private void scan(Rows rows, int directory) {
        int found = 0;
        try (RowStream stream =
                table.scan(Scan.prefix(rows.directory(directory)).limit(Rows.NAMES))) {
            while (stream.hasNext()) {
                stream.next();
                found++;
            }
        }
        if (found != Rows.NAMES) {
            throw new IllegalStateException(rows.directory(directory) + " has " + found + " rows");
        }
    }

    /** Asks as a client does that has no route yet; the client's own cache would answer at once. */
    private void routes() throws Exception {
        Reply reply = master.call(
                        Request.newBuilder()
                                .setGetRoutes(GetRoutesRequest.newBuilder()
                                        .addTables(GetRoutesRequest.Known.newBuilder()
                                                .setTable(TABLE))),
                        Deadline.after(ROUTES_LIMIT))
                .get();
        if (reply.getGetRoutes().getRoutes(0).getShardsCount() != SHARDS) {
            throw new IllegalStateException("incomplete routes: " + reply);
        }
    }

    @Override
    public List<Target> alongside() {
        return List.of(new ZooKeeperTarget(cluster.connectString(), List.of(TABLE)));
    }

    @Override
    public void close() {
        master.close();
        transport.close();
        cluster.close();
    }
}
