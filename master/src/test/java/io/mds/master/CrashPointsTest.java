package io.mds.master;

import static io.mds.master.MasterScenario.drop;
import static io.mds.master.MasterScenario.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.master.CrashingCluster.Running;
import io.mds.master.testing.TestingZooKeeperProxy.Moment;
import io.mds.proto.AlterTableRequest;
import io.mds.proto.CreateIndexRequest;
import io.mds.proto.CreateTableRequest;
import io.mds.proto.Request;
import io.mds.table.ColumnType;
import io.mds.table.TableChange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A script of all kinds of changes, each made again and again: the active master dies at the first of its calls to
 * ZooKeeper, then at the second, and so on, until it makes the change without getting there. At last the same is done to
 * takeovers. After each death everything is compared with a model.
 */
class CrashPointsTest {
    /** More than any of the changes takes. */
    private static final int MAX_CALLS = 60;

    private static final String PLAIN = "ACTIVE [dir, name, size] [] 1";
    private static final String ALTERED = "ACTIVE [dir, name, size, mode] [] 1";
    private static final String INDEXED = "ACTIVE [dir, name, size] [by_size] 1";

    /** A change that is made, under another name each time. */
    private interface Change {
        void make(CrashingCluster cluster, String name) throws Exception;
    }

    @Tag("soak")
    @ParameterizedTest
    @EnumSource(Moment.class)
    void changesAreWholeWhereverTheActiveMasterDies(Moment moment) throws Exception {
        try (CrashingCluster cluster = new CrashingCluster(2)) {
            for (int i = 0; i < 3; i++) {
                cluster.register();
            }
            cluster.perform(create("moving"), "table moving", PLAIN);
            Change nothing = (c, name) -> {};
            Change made = (c, name) -> c.perform(create(name), "table " + name, PLAIN);
            repeat(cluster, moment, "region", nothing, (c, name) -> c.register());
            repeat(cluster, moment, "made", nothing, made);
            repeat(cluster, moment, "altered", made, (c, name) -> c.perform(add(name), "table " + name, ALTERED));
            repeat(cluster, moment, "indexed", made, (c, name) -> c.perform(index(name), "table " + name, INDEXED));
            repeat(cluster, moment, "dropped", made, (c, name) -> c.perform(drop(name), "table " + name, null));
            repeat(cluster, moment, "moved", nothing, (c, name) -> c.perform(c.move("moving"), "moved", "yes"));
            repeat(cluster, moment, "drained", nothing, (c, name) -> c.drain(2));
            cluster.verifyOpLog();
        }
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void aTakeoverIsTakenOverWhereverItsMasterDies(Moment moment) throws Exception {
        try (CrashingCluster cluster = new CrashingCluster(3)) {
            cluster.register();
            cluster.verify();
            boolean died = true;
            for (int call = 1; died; call++) {
                cluster.now("takeover dying " + moment + " call " + call);
                String name = "t" + call;
                cluster.perform(create(name), "table " + name, PLAIN);
                Running next = cluster.next();
                next.dieAt(call, moment);
                cluster.takeOverDuring(add(name), "table " + name, ALTERED);
                cluster.verify();
                died = !next.hasSurvived();
                assertThat(call).isLessThan(MAX_CALLS);
            }
            cluster.verifyOpLog();
        }
    }

    private static void repeat(CrashingCluster cluster, Moment moment, String kind, Change before, Change change)
            throws Exception {
        boolean died = true;
        for (int call = 1; died; call++) {
            cluster.now(kind + ", dying " + moment + " call " + call);
            before.make(cluster, kind + call);
            Running active = cluster.active();
            active.dieAt(call, moment);
            change.make(cluster, kind + call);
            cluster.verify();
            died = !active.hasSurvived();
            assertThat(call).isLessThan(MAX_CALLS);
        }
    }

    private static Request.Builder create(String name) {
        return Request.newBuilder()
                .setCreateTable(CreateTableRequest.newBuilder()
                        .setSchema(schema(name, 1).toBuilder().setReplicas(2)));
    }

    private static Request.Builder add(String table) {
        return Request.newBuilder()
                .setAlterTable(AlterTableRequest.newBuilder()
                        .setName(table)
                        .addChanges(TableChange.addNullableColumn("mode", ColumnType.INT32)
                                .toProto()));
    }

    private static Request.Builder index(String table) {
        return Request.newBuilder()
                .setCreateIndex(CreateIndexRequest.newBuilder()
                        .setTable(table)
                        .setName("by_size")
                        .addColumns("size"));
    }
}
