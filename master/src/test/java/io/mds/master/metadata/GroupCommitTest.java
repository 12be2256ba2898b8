package io.mds.master.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.master.testing.TestingActive;
import io.mds.master.testing.TestingZooKeeper;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of changes that are written together, when all goes well and when it does not. */
class GroupCommitTest {
    private static final String IDS = TestingActive.PATHS.ids();

    private final TestingZooKeeper zooKeeper = TestingZooKeeper.start();
    private final MetadataThread thread = new MetadataThread(100);
    private final List<String> events = new CopyOnWriteArrayList<>();
    private TestingActive active;
    private GroupCommit group;

    @BeforeEach
    void lead() throws Exception {
        active = new TestingActive(zooKeeper).lead();
        group = GroupCommit.of(active.writer(), new TermTasks(thread, active.leadership()));
    }

    @AfterEach
    void close() {
        thread.close();
        active.close();
        zooKeeper.close();
    }

    private interface Work {
        void run() throws Exception;
    }

    private void onTheThread(Work work) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        thread.execute("test", () -> {
            try {
                work.run();
                done.complete(null);
            } catch (Exception | AssertionError e) {
                done.completeExceptionally(e);
            }
        });
        done.get(20, TimeUnit.SECONDS);
    }

    private static String path(String name) {
        return TestingActive.PATHS.procedure(name);
    }

    private static Op create(String name, byte[] data) {
        return Op.create(path(name), data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    }

    private static Op count(int value) {
        return Op.setData(IDS, bytes("{\"nextRegion\":1,\"nextTable\":1,\"nextShard\":" + value + "}"), -1);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void add(String name, Op... operations) throws InterruptedException {
        add(name, () -> {}, operations);
    }

    private void add(String name, MetadataThread.Task settled, Op... operations) throws InterruptedException {
        group.add(name, List.of(operations), Set.of(IDS), new GroupCommit.Outcome() {
            @Override
            public void landed(long zxid) {
                events.add(name + " landed");
            }

            @Override
            public void failed(MdsException e) {
                events.add(name + " " + e.code() + " " + e.outcome());
            }

            @Override
            public void settled() throws InterruptedException {
                settled.run();
                events.add(name + " settled");
            }
        });
    }

    private boolean isThere(String name) throws Exception {
        return active.session.exists(path(name)) != null;
    }

    @Test
    void whatIsGatheredIsOneEntryAndEachIsToldBeforeAnybodyGoesOn() throws Exception {
        long before = active.opLog().sequence();
        onTheThread(() -> {
            add("a", create("a", bytes("{}")));
            add("b", create("b", bytes("{}")));
            assertThat(events).isEmpty();
        });
        await().until(() -> events.size() == 4);
        assertThat(events).containsExactly("a landed", "b landed", "a settled", "b settled");
        assertThat(active.opLog().sequence()).isEqualTo(before + 1);
    }

    @Test
    void whoGoesOnDoesNotWriteInTheMiddleOfTheWriteThatTookItAlong() throws Exception {
        onTheThread(() -> {
            add("a", () -> active.writer().write("of a", List.of(count(7))), create("a", bytes("{}")));
            // Put together before that, and so it must be there before that: a counter must not be set back.
            active.writer().write("other", List.of(count(6)));
        });
        await().until(() -> events.contains("a settled"));
        assertThat(new String(active.session.read(IDS).value(), StandardCharsets.UTF_8))
                .contains("\"nextShard\":7");
    }

    @Test
    void oneThatZooKeeperRefusesIsNoReasonToRefuseTheOthers() throws Exception {
        active.session.multi(List.of(create("b", bytes("{}"))));
        onTheThread(() -> {
            add("a", count(5), create("a", bytes("{}")));
            add("b", count(6), create("b", bytes("{}")));
            add("c", count(7), create("c", bytes("{}")));
        });
        await().until(() -> events.size() == 3);
        assertThat(events).containsExactly("a landed", "c landed", "b INTERNAL NOT_APPLIED");
        assertThat(isThere("a") && isThere("c")).isTrue();
        assertThat(new String(active.session.read(IDS).value(), StandardCharsets.UTF_8))
                .contains("\"nextShard\":7");
        assertThat(active.leadership().revocation()).contains("NODEEXISTS");
    }

    @Test
    void changesThatAreTooLargeTogetherAreWrittenInParts() throws Exception {
        // What is no JSON is larger in the entry than was estimated.
        byte[] data = new byte[100_000];
        Arrays.fill(data, (byte) 'x');
        long before = active.opLog().sequence();
        onTheThread(() -> {
            for (String name : List.of("a", "b", "c", "d")) {
                add(name, create(name, data));
            }
        });
        await().until(() -> events.size() == 8);
        assertThat(events).startsWith("a landed", "b landed", "c landed", "d landed");
        assertThat(active.opLog().sequence()).isEqualTo(before + 2);
        assertThat(active.leadership().isRevoked()).isFalse();
    }

    @Test
    void oneThatIsTooLargeByItselfIsRefusedAlone() throws Exception {
        onTheThread(() -> {
            add("a", create("a", bytes("{}")));
            add("big", create("big", new byte[MetadataWriter.MAX_MULTI_BYTES]));
            add("c", create("c", bytes("{}")));
        });
        await().until(() -> events.size() == 6);
        assertThat(events)
                .contains("a landed", "big " + ErrorCode.INVALID_ARGUMENT + " " + Outcome.NOT_APPLIED, "c landed");
    }

    @Test
    void anUnknownOutcomeIsSaidToAll() throws Exception {
        onTheThread(() -> {
            add("a", create("a", bytes("{}")));
            add("b", create("b", bytes("{}")));
            zooKeeper.stopServer();
        });
        await().until(() -> "group commit".equals(thread.runningLongerThan(Duration.ofMillis(200))));
        active.leadership().revoke("ZooKeeper is away");
        await().until(() -> events.size() == 2);
        assertThat(events).containsExactly("a UNAVAILABLE UNKNOWN", "b UNAVAILABLE UNKNOWN");
    }
}
