package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A region that loses what ties it to the cluster ties it again, and is the same region as before. */
class RegistrationIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static MdsCluster cluster;
    private static Member region;
    private static long id;

    @BeforeAll
    static void start() {
        cluster = MdsCluster.builder()
                .masters(2)
                .regions(1)
                .zooKeeperProxies()
                .secret("again")
                .start();
        region = cluster.region(1);
        id = cluster.view().regionId(region.port()).orElseThrow();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** Its znode, its session and its place in the active master's orders. */
    private static void isAMember(String table) {
        cluster.awaitReady();
        assertThat(cluster.view().regionId(region.port())).contains(id);
        // It is written right after the registration.
        await().atMost(PATIENCE)
                .until(() -> cluster.view().regionSession(region.port()).isPresent());
        cluster.client()
                .createTable(TableSchema.named(table)
                        .column("id", ColumnType.INT64)
                        .primaryKey("id")
                        .build());
        Table made = cluster.client().table(table);
        made.upsert(Row.of("id", 1L));
        assertThat(made.get(Key.of(1L))).isPresent();
    }

    @Test
    void aRegionWhoseSessionEndedHasAnother() {
        long ended = cluster.view().regionSession(region.port()).orElseThrow();
        cluster.expireSession(region);
        await().atMost(PATIENCE)
                .until(() -> cluster.view()
                        .regionSession(region.port())
                        .filter(session -> session != ended)
                        .isPresent());
        isAMember("after_the_session");
    }

    @Test
    void aRegionThatDidNotSeeTheTakeoverRegistersWithTheNewMasterOnceItSeesZooKeeper() {
        assumeTrue(Links.canBeCut(), "needs Linux");
        Member old = cluster.activeMaster();
        cluster.links().cutZooKeeper(region, Links.Cut.CLOSED);
        old.stop();
        assertThat(cluster.activeMaster()).isNotSameAs(old);
        // It looks for the old one, again and again, and has nobody to tell it of the new one.
        await().atMost(PATIENCE).until(() -> !ReadyPage.answers(region.adminPort()));
        cluster.links().heal();
        isAMember("after_the_takeover");
    }
}
