package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.id.RegionId;
import io.mds.master.membership.Member;
import io.mds.master.membership.RegionState;
import io.mds.master.testing.MasterConfigs;
import io.mds.master.testing.TestingConnection;
import io.mds.master.testing.TestingRegion;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import io.mds.znode.RegionRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What happens to very many regions at once costs few writes: each is an entry of the OpLog. */
class MassMembershipTest extends MasterScenario {
    private static final int REGIONS = 50;
    /** For what came before or after the crowd. */
    private static final int FEW = 4;

    private static final Deadline DEADLINE = Deadline.after(Duration.ofSeconds(60));

    private final List<TestingRegion> regions = IntStream.range(0, REGIONS)
            .mapToObj(i -> new TestingRegion(9_001 + 2 * i))
            .toList();

    private MasterCore patient(String id) {
        return active(master(MasterConfigs.patient(zooKeeper, id)));
    }

    private static long entries(MasterCore master) {
        return master.service().active().opLog().sequence();
    }

    /** As when all that comes meets a metadata thread that is busy; done when everything is queued. */
    private static void whileBusy(MasterCore master, Runnable events) {
        CountDownLatch held = new CountDownLatch(1);
        master.service().active().tasks().execute("held by a test", held::await);
        events.run();
        held.countDown();
    }

    private static long count(MasterCore master, RegionState state) {
        // Read by another thread than its owner's: only ever to wait for it.
        return List.copyOf(master.service().active().membership().members()).stream()
                .map(Member::state)
                .filter(state::equals)
                .count();
    }

    private List<CompletableFuture<Reply>> registerAll(MasterCore master) {
        List<CompletableFuture<Reply>> answers = new ArrayList<>();
        whileBusy(master, () -> {
            for (TestingRegion region : regions) {
                TestingConnection connection = region.connect(master.service(), master.service());
                answers.add(connection.askAsync(Request.newBuilder().setRegister(region.registration()), DEADLINE));
            }
        });
        for (int i = 0; i < REGIONS; i++) {
            regions.get(i).registeredAs(answers.get(i).join().getRegister().getRegionId());
        }
        return answers;
    }

    @Test
    void manyNewRegionsAreLetInByFewWrites() throws Exception {
        MasterCore master = patient("m1");
        long before = entries(master);
        List<CompletableFuture<Reply>> answers = registerAll(master);
        assertThat(entries(master) - before).isBetween(1L, (long) FEW);
        assertThat(answers.stream()
                        .map(answer -> answer.join().getRegister().getRegionId())
                        .distinct())
                .hasSize(REGIONS);
        for (TestingRegion region : regions) {
            RegionRecord record = read(PATHS.region(new RegionId(region.id())), RegionRecord.class);
            assertThat(record.port()).isEqualTo(region.port());
            assertThat(record.state()).isEqualTo("LIVE");
        }
    }

    @Test
    void manyLostRegionsAreSuspectedByFewWritesAndReturnByFew() throws Exception {
        MasterCore master = patient("m1");
        registerAll(master);
        long before = entries(master);
        whileBusy(master, () -> regions.forEach(TestingRegion::disconnect));
        await().until(() -> count(master, RegionState.SUSPECT) == REGIONS);
        assertThat(entries(master) - before).isBetween(1L, (long) FEW);
        assertThat(read(PATHS.region(new RegionId(REGIONS)), RegionRecord.class).state())
                .isEqualTo("SUSPECT");

        before = entries(master);
        registerAll(master);
        assertThat(count(master, RegionState.LIVE)).isEqualTo(REGIONS);
        assertThat(entries(master) - before).isBetween(1L, (long) FEW);
    }

    @Test
    void thoseThatDoNotReturnAfterATakeoverAreSuspectedAndBuriedByFewWrites() throws Exception {
        MasterCore first = patient("m1");
        registerAll(first);
        first.close();
        masters.clear();
        MasterCore next = active(master("m2"));
        long before = entries(next);
        await().atMost(Duration.ofSeconds(20)).until(() -> count(next, RegionState.SUSPECT) == REGIONS);
        assertThat(entries(next) - before).isBetween(1L, (long) FEW);
        await().atMost(Duration.ofSeconds(20)).until(() -> count(next, RegionState.DEAD) == REGIONS);
        assertThat(entries(next) - before).isBetween(2L, (long) 2 * FEW);
        assertThat(next.session().children(PATHS.regions())).isEmpty();
    }

    @Test
    void ofTwoThatComeTogetherWithOneAddressTheSecondIsRefused() {
        MasterCore master = patient("m1");
        List<CompletableFuture<Reply>> answers = new ArrayList<>();
        whileBusy(master, () -> {
            for (TestingRegion region : List.of(new TestingRegion(8001), new TestingRegion(8001))) {
                TestingConnection connection = region.connect(master.service(), master.service());
                answers.add(connection.askAsync(Request.newBuilder().setRegister(region.registration()), DEADLINE));
            }
        });
        assertThat(answers.get(0).join().getRegister().getRegionId()).isEqualTo(1);
        assertFails(
                () -> {
                    try {
                        answers.get(1).join();
                    } catch (java.util.concurrent.CompletionException e) {
                        throw e.getCause();
                    }
                },
                ErrorCode.ALREADY_EXISTS,
                "live region 1");
    }

    @Test
    void aConnectionThatClosesBeforeItsTurnLeavesNoLiveRegion() {
        MasterCore master = patient("m1");
        TestingRegion region = new TestingRegion(8001);
        join(master, region);
        whileBusy(master, () -> {
            TestingConnection connection = region.connect(master.service(), master.service());
            var unused = connection.askAsync(Request.newBuilder().setRegister(region.registration()), DEADLINE);
            connection.close();
        });
        TestingConnection open = region.connect(master.service(), master.service());
        assertThat(open.ask(Request.newBuilder().setRegister(region.registration()))
                        .getRegister()
                        .getRegionId())
                .isEqualTo(1);
    }
}
