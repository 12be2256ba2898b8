package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.testing.Fault;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CloseTest extends ClusterTest {

    @Test
    void closingFailsWhatIsUnderWayAndTellsWhatIsKnown() {
        files.upsert(file("/etc", "hosts", 1));
        for (int i = 0; i < 3; i++) {
            cluster.region(i).silent(true);
        }
        CompletableFuture<WriteResult> write = files.upsertAsync(file("/etc", "hosts", 2));
        CompletableFuture<?> scan = files.scanAsync(Scan.all());
        mds.close();
        mds.close();
        assertThat(failure(() -> unwrap(write)).outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(failure(() -> unwrap(scan)).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertFails(ErrorCode.UNAVAILABLE, "the client is closed", () -> files.get("/etc", "hosts"));
        assertFails(ErrorCode.UNAVAILABLE, "the client is closed", () -> mds.listTables());
    }

    @Test
    void closingLetsCallsEndThatAreAboutTo() {
        files.upsert(file("/etc", "hosts", 1));
        for (int i = 0; i < 3; i++) {
            cluster.region(i).failNext(Fault.cutBeforeApplying());
        }
        CompletableFuture<WriteResult> write = files.upsertAsync(file("/etc", "hosts", 2));
        mds.close();
        assertThat(write.join().existed()).isTrue();
    }

    @Test
    void callsThatWaitForAMasterAreFailedByTheClose() {
        cluster.master(0).stop();
        cluster.master(1).stop();
        MdsClient fresh = MdsClient.connect(options().build());
        CompletableFuture<?> list = fresh.listTablesAsync();
        CompletableFuture<?> get = fresh.table("files").getAsync("/", "x");
        fresh.close();
        assertThat(failure(() -> unwrap(list))).hasMessageContaining("the client is closed");
        assertThat(failure(() -> unwrap(get))).hasMessageContaining("the client is closed");
    }

    @Test
    void closingFromACallbackDoesNotWaitForItself() {
        files.upsert(file("/etc", "hosts", 1));
        List<CompletableFuture<?>> closed = new ArrayList<>();
        closed.add(files.getAsync("/etc", "hosts").thenAccept(row -> mds.close()));
        closed.forEach(CompletableFuture::join);
        assertFails(ErrorCode.UNAVAILABLE, "the client is closed", () -> files.get("/etc", "hosts"));
    }

    @Test
    void noThreadOfAClosedClientIsLeftAndNoneKeepsTheProcessAlive() {
        try (MdsClient named = MdsClient.connect(options().name("leaving").build())) {
            named.table("files").get("/etc", "hosts");
            assertThat(threads("leaving")).isNotEmpty().allMatch(Thread::isDaemon);
        }
        await().until(() -> threads("leaving").isEmpty());
    }

    private static Set<Thread> threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .collect(Collectors.toSet());
    }

    private static void unwrap(CompletableFuture<?> call) throws Throwable {
        try {
            call.join();
        } catch (CompletionException e) {
            throw e.getCause();
        }
    }
}
