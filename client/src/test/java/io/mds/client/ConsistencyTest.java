package io.mds.client;

import static io.mds.client.RowTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.client.testing.TestingRegion;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads of all levels, of shards whose replicas are on all three regions, and led by one each. */
class ConsistencyTest extends ClusterTest {
    private static final int DIRS = 12;

    @BeforeEach
    void replicate() {
        cluster.replicate("files");
        for (int i = 0; i < DIRS; i++) {
            files.upsert(file("/d" + i, "f", 1));
        }
        await().until(() -> {
            // Whoever once answered slowly is asked seldom.
            IntStream.range(0, 50)
                    .forEach(i -> files.with(Consistency.eventual()).get("/d0", "f"));
            return regions().allMatch(region -> readsOf(region) > 0);
        });
    }

    private java.util.stream.Stream<TestingRegion> regions() {
        return IntStream.range(0, 3).mapToObj(cluster::region);
    }

    private static long readsOf(TestingRegion region) {
        return region.requests().stream().filter(Request::hasGet).count();
    }

    private static long size(Table table, int dir) {
        return table.get("/d" + dir, "f").orElseThrow().getLong("size");
    }

    // ---- session ----

    @Test
    void aSessionSeesItsWritesHoweverFarTheFollowersAreBehind() {
        regions().forEach(TestingRegion::freeze);
        Table mine = files.within(mds.newSession());
        for (int round = 2; round < 10; round++) {
            for (int dir = 0; dir < DIRS; dir++) {
                mine.upsert(file("/d" + dir, "f", round));
                assertThat(size(mine, dir)).isEqualTo(round);
            }
        }
        assertThat(mine.getAll(List.of(Key.of("/d1", "f"), Key.of("/d2", "f"))))
                .allMatch(row -> row.orElseThrow().getLong("size") == 9);
        assertThat(mine.count(Scan.all().where(Filters.eq("size", 9)))).isEqualTo(DIRS);
    }

    @Test
    void withoutASessionTheClientIsOne() {
        regions().forEach(TestingRegion::freeze);
        files.upsertAll(
                IntStream.range(0, DIRS).mapToObj(i -> file("/d" + i, "f", 2)).toList());
        files.write(Batch.splitByShard().upsert(file("/d0", "f", 3)));
        Table session = files.with(Consistency.session());
        assertThat(size(session, 0)).isEqualTo(3);
        IntStream.range(1, DIRS).forEach(i -> assertThat(size(session, i)).isEqualTo(2));
    }

    @Test
    void followersThatAreUpToDateAnswerASession() {
        Table mine = files.within(Session.begin());
        mine.upsert(file("/d0", "f", 5));
        await().until(() -> {
            IntStream.range(0, 50).forEach(i -> assertThat(size(mine, 0)).isEqualTo(5));
            return answeredByAll(Request::hasGet);
        });
    }

    /** Every region answered a read that is not strong. */
    private boolean answeredByAll(java.util.function.Predicate<Request> kind) {
        return regions()
                .allMatch(region -> region.requests().stream()
                        .anyMatch(request -> kind.test(request)
                                && request.getGet().getConsistency() == io.mds.proto.Consistency.SESSION));
    }

    @Test
    void whatASessionHasSeenItSeesAgain() {
        regions().forEach(TestingRegion::freeze);
        files.upsert(file("/d0", "f", 7));
        Table mine = files.within(mds.newSession());
        assertThat(size(mine.with(Consistency.strong()), 0)).isEqualTo(7);
        IntStream.range(0, 20).forEach(i -> assertThat(size(mine, 0)).isEqualTo(7));
        try (RowStream rows = mine.scan(Scan.all().limit(100))) {
            assertThat(rows.toList()).anyMatch(row -> row.getLong("size") == 7);
        }
    }

    @Test
    void anotherProcessGoesOnWithTheToken() {
        regions().forEach(TestingRegion::freeze);
        Session session = mds.newSession();
        files.within(session).upsert(file("/d0", "f", 8));
        String token = session.token();
        try (MdsClient other = MdsClient.connect(options().build())) {
            Table theirs = other.table("files").within(Session.fromToken(token));
            IntStream.range(0, 20).forEach(i -> assertThat(size(theirs, 0)).isEqualTo(8));
            Table stranger = other.table("files").within(other.newSession());
            Set<Long> seen = new HashSet<>();
            IntStream.range(0, 200)
                    .forEach(i -> seen.add(size(other.table("files").within(Session.begin()), 0)));
            assertThat(seen).contains(1L);
            assertThat(stranger.get("/d0", "f")).isPresent();
        }
    }

    @Test
    void aWriteThatWasDecidedAgainstIsSomethingSeen() {
        regions().forEach(TestingRegion::freeze);
        files.insert(file("/d0", "new", 1));
        for (int i = 0; i < 10; i++) {
            Table mine = files.within(mds.newSession());
            assertFails(ErrorCode.ALREADY_EXISTS, "exists", () -> mine.insert(file("/d0", "new", 2)));
            assertThat(mine.get("/d0", "new")).isPresent();
            assertThat(mine.get("/d0", "new")).isPresent();
        }
    }

    // ---- eventual ----

    @Test
    void eventualReadsGoOnWithoutALeader() {
        cluster.depose("files");
        Table nearest = files.with(Consistency.eventual());
        for (int i = 0; i < 20; i++) {
            Row row = nearest.get("/d0", "f").orElseThrow();
            assertThat(row.staleness()).contains(Duration.ofMillis(7));
        }
        assertThat(nearest.count(Scan.all())).isEqualTo(DIRS);
        assertFails(
                ErrorCode.DEADLINE_EXCEEDED,
                "no leader",
                () -> files.withTimeout(Duration.ofSeconds(1)).get("/d0", "f"));
    }

    @Test
    void anAnswerTellsHowOldItIs() {
        cluster.depose("files");
        List<Freshness> observed = new ArrayList<>();
        Table nearest = files.with(Consistency.eventual()).observing(observed::add);
        assertThat(nearest.get("/d0", "nosuch")).isEmpty();
        assertThat(observed).hasSize(1);
        assertThat(observed.get(0).staleness()).contains(Duration.ofMillis(7));
        assertThat(observed.get(0).appliedIndex()).isPositive();
        assertThat(nearest.count(Scan.all())).isEqualTo(DIRS);
        assertThat(observed).hasSize(5);
        assertThat(nearest.getAll(List.of(Key.of("/d0", "f")))
                        .get(0)
                        .orElseThrow()
                        .staleness())
                .isPresent();
        try (RowStream rows = nearest.scan(Scan.all())) {
            assertThat(rows.next().staleness()).contains(Duration.ofMillis(7));
            assertThat(rows.staleness()).contains(Duration.ofMillis(7));
        }
        assertThat(nearest.scanAsync(Scan.all()).join().staleness()).contains(Duration.ofMillis(7));
        regions().forEach(region -> region.staleness(-1));
        assertThat(nearest.get("/d0", "f").orElseThrow().staleness()).isEmpty();
        try (RowStream rows = nearest.scan(Scan.all())) {
            assertThat(rows.toList()).hasSize(DIRS);
            assertThat(rows.staleness()).isEmpty();
        }
    }

    @Test
    void strongAnswersAreNeverOld() {
        List<Freshness> observed = new ArrayList<>();
        assertThat(files.get("/d0", "f").orElseThrow().staleness()).contains(Duration.ZERO);
        assertThat(files.observing(observed::add).get("/d0", "f")).isPresent();
        assertThat(observed).hasSize(1).allMatch(state -> state.appliedIndex() > 0);
        assertThat(Row.of("a", 1).staleness()).isEmpty();
    }

    @Test
    void aReplicaThatIsDownCostsARetryAndNoTimeout() {
        cluster.region(2).stop();
        Table nearest = files.with(Consistency.eventual());
        long before = readsOf(cluster.region(2));
        IntStream.range(0, 100).forEach(i -> assertThat(size(nearest, i % DIRS)).isEqualTo(1));
        assertThat(readsOf(cluster.region(2))).isEqualTo(before);
        cluster.region(2).restart();
        await().until(() -> size(nearest, 0) == 1 && readsOf(cluster.region(2)) > before);
    }

    @Test
    void aReplicaThatIsSilentIsLeftAloneAfterOneRead() {
        cluster.region(2).silent(true);
        long before = readsOf(cluster.region(2));
        try (MdsClient impatient =
                MdsClient.connect(options().attemptTimeout(IMPATIENT).build())) {
            Table nearest = impatient.table("files").with(Consistency.eventual());
            IntStream.range(0, 100)
                    .forEach(i -> assertThat(size(nearest, i % DIRS)).isEqualTo(1));
        }
        assertThat(readsOf(cluster.region(2)) - before).isBetween(1L, 20L);
    }

    @Test
    void withAllReplicasDownTheDeadlineHolds() {
        regions().forEach(TestingRegion::stop);
        MdsException e = failure(() -> files.with(Consistency.eventual())
                .withTimeout(Duration.ofMillis(300))
                .get("/d0", "f"));
        assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
        assertThat(e).hasMessageContaining("no replica answered in time");
        regions().forEach(TestingRegion::restart);
        assertThat(size(files.with(Consistency.eventual()), 0)).isEqualTo(1);
    }

    // ---- bounded ----

    @Test
    void aBoundIsKeptByTheLeaderWhenTheFollowersCannot() {
        regions().forEach(TestingRegion::freeze);
        regions().forEach(region -> region.staleness(400));
        files.upsert(file("/d0", "f", 4));
        Table bounded = files.with(Consistency.bounded(Duration.ofMillis(300)));
        IntStream.range(0, 30).forEach(i -> {
            Row row = bounded.get("/d0", "f").orElseThrow();
            assertThat(row.getLong("size")).isEqualTo(4);
            assertThat(row.staleness()).contains(Duration.ZERO);
        });
        Table wider = files.with(Consistency.bounded(Duration.ofMillis(500)));
        await().until(() -> size(wider, 0) == 1);
    }

    // ---- the level ----

    @Test
    void theClientTheTableAndTheScanHaveALevelAndTheLastIsTheStrongest() {
        cluster.depose("files");
        try (MdsClient relaxed =
                MdsClient.connect(options().consistency(Consistency.eventual()).build())) {
            Table table = relaxed.table("files");
            assertThat(size(table, 0)).isEqualTo(1);
            Table brief = table.withTimeout(Duration.ofMillis(300));
            assertThat(failure(() -> size(brief.with(Consistency.strong()), 0)).code())
                    .isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
            Scan scan = Scan.all().with(Consistency.strong());
            assertThat(failure(() -> brief.count(scan)).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
            assertThat(table.count(Scan.all())).isEqualTo(DIRS);
            assertThat(scan.consistency()).contains(Consistency.strong());
            assertThat(scan).isNotEqualTo(Scan.all()).hasToString("Scan[all consistency strong]");
        }
    }

    @Test
    void levelsAreWrittenAsTheyAreRead() {
        for (String text : List.of("strong", "session", "eventual", "bounded:500ms")) {
            assertThat(Consistency.parse(text)).hasToString(text);
        }
        assertThat(Consistency.parse("bounded:2s")).isEqualTo(Consistency.bounded(Duration.ofSeconds(2)));
        assertThat(Consistency.parse("bounded:1m").maxStaleness()).isEqualTo(Duration.ofMinutes(1));
        for (String text : List.of("", "STRONG", "bounded", "bounded:", "bounded:5", "bounded:-5ms", "eventual:1s")) {
            assertInvalid(() -> Consistency.parse(text), "consistency: '" + text + "' (expected: strong, session,");
        }
        assertInvalid(() -> Consistency.parse("bounded:0ms"), "maxStaleness: PT0S (expected: PT0.001S to PT1H)");
        assertInvalid(() -> Consistency.bounded(Duration.ofHours(2)), "maxStaleness: PT2H");
    }

    @Test
    void optionalsOfMissingRowsStayEmpty() {
        assertThat(files.with(Consistency.session()).get("/nosuch", "f")).isEqualTo(Optional.empty());
    }
}
