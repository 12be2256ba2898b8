package io.mds.torture.check;

import static io.mds.torture.check.TestingHistory.MS;
import static io.mds.torture.check.TestingHistory.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.torture.check.Operation.Kind;
import io.mds.torture.check.Operation.Level;
import io.mds.torture.check.Operation.Seen;
import org.junit.jupiter.api.Test;

/** What reads that are not strong promise: each broken promise is found, and each answer that keeps it is accepted. */
class LevelsTest {
    private final TestingHistory history = new TestingHistory();

    private void accepted() {
        assertThat(history.violated()).isEmpty();
    }

    private void refusedBy(String... checks) {
        assertThat(history.violated()).containsExactly(checks);
    }

    // ---- sessions ----

    @Test
    void aSessionThatGoesBackIsFoundAndAnotherSessionMayLagBehind() {
        history.twoWrites()
                .sessionRead("s1", 5, 6, 10, 1)
                .sessionRead("s2", 5, 6, 20, 2)
                .sessionRead("s1", 7, 8, 20, 2);
        accepted();
        history.sessionRead("s2", 9, 10, 10, 1);
        refusedBy(Sessions.NAME);
    }

    @Test
    void aSessionReadsItsOwnWrites() {
        history.twoWrites();
        history.sessionRead("b", 5, 6, 10, 1);
        accepted();
        history.sessionRead("a", 5, 6, 10, 1);
        refusedBy(Sessions.NAME);
    }

    @Test
    void aSessionReadsItsOwnInsertAndItsOwnDelete() {
        history.upsert("a", 1, 2, 10, 1).sessionReadAbsent("b", 3, 4);
        accepted();
        history.sessionReadAbsent("a", 3, 4);
        refusedBy(Sessions.NAME);

        TestingHistory removed = new TestingHistory().upsert("b", 1, 2, 10, 1).delete("a", 3, 4, 2);
        removed.sessionRead("b", 5, 6, 10, 1);
        assertThat(removed.violated()).isEmpty();
        removed.sessionRead("a", 5, 6, 10, 1);
        assertThat(removed.violated()).containsExactly(Sessions.NAME);
    }

    @Test
    void aSessionThatWasHandedOnGoesOnWhereItWas() {
        history.twoWrites().within("s1").sessionRead("s1", 5, 6, 20, 2).sessionRead("other", 5, 6, 10, 1);
        accepted();
        history.sessionRead("s1", 7, 8, 10, 1);
        refusedBy(Sessions.NAME);
    }

    @Test
    void aReadThatBeganBeforeTheSessionHadSeenMoreMayShowLess() {
        history.twoWrites().sessionRead("s1", 5, 9, 20, 2).sessionRead("s1", 8, 10, 10, 1);
        accepted();
    }

    @Test
    void whoHasSeenOneRowOfAPartitionHasSeenTheStateOfTheOthers() {
        history.upsertOf("hot/1", "a", 1, 2, 10, 1)
                .upsertOf("hot/2", "a", 3, 4, 20, 2)
                .upsertOf("hot/1", "a", 5, 6, 30, 3)
                .sessionReadOf("hot/2", "s1", 7, 8, new Seen("hot/2", 20, 2))
                .sessionReadOf("hot/1", "s1", 9, 10, new Seen("hot/1", 10, 1));
        accepted();
        history.sessionReadOf("hot/2", "s2", 7, 8, new Seen("hot/2", 20, 2)).sessionReadOf("hot/1", "s2", 9, 10);
        refusedBy(Sessions.NAME);
    }

    @Test
    void whatAnEventualReadHasShownASessionReadShows() {
        history.twoWrites();
        history.eventualRead(1, 2, null, row(20, 2)).within("s1").sessionRead("s1", 3 * MS, 4 * MS, 20, 2);
        accepted();
        history.sessionRead("s1", 5 * MS, 6 * MS, 10, 1);
        refusedBy(Sessions.NAME);
    }

    @Test
    void aSessionThatHasReadStronglySeesWhatWasAcknowledgedThen() {
        history.upsertOf("hot/1", "a", 1, 2, 10, 1).sessionReadOf("hot/1", "s1", 5, 6);
        accepted();
        history.read("a", 3, 4, 10, 1).within("s1").sessionReadOf("hot/1", "s1", 7, 8);
        refusedBy(Sessions.NAME);

        TestingHistory aboutAnother = new TestingHistory()
                .upsertOf("hot/1", "a", 1, 2, 10, 1)
                .readAbsentOf("hot/2", "a", 3, 4)
                .within("s1")
                .sessionReadOf("hot/1", "s1", 5, 6);
        assertThat(aboutAnother.violated()).containsExactly(Sessions.NAME);
    }

    @Test
    void aRefusalIsSomethingThatTheSessionHasSeen() {
        history.upsert("b", 1, 2, 10, 1).insertRefused("a", 3, 4, 20);
        history.sessionReadAbsent("b2", 5, 6);
        accepted();
        history.sessionReadAbsent("a", 5, 6);
        refusedBy(Sessions.NAME);

        TestingHistory removed = new TestingHistory()
                .upsert("b", 1, 2, 10, 1)
                .unknownDelete("c", 3)
                .readAbsent("a", 5, 6)
                .sessionRead("b2", 7, 8, 10, 1);
        assertThat(removed.violated()).isEmpty();
        removed.sessionRead("a", 9, 10, 10, 1);
        assertThat(removed.violated()).containsExactly(Sessions.NAME);
    }

    @Test
    void aSessionMaySeeARowRemovedByWhoeverMayHaveRemovedIt() {
        history.upsert("a", 1, 2, 10, 1).unknownDelete("b", 3).sessionReadAbsent("a", 4, 5);
        accepted();
    }

    // ---- values ----

    @Test
    void whatNobodyHasWrittenIsFoundAtEachLevel() {
        for (Level level : Level.values()) {
            TestingHistory other = new TestingHistory()
                    .upsert("a", 1, 2, 10, 1)
                    .increment("a", 3, 4, 1, 2)
                    .readAt(level, 5, 6, 11, 2);
            assertThat(other.violated()).as("%s", level).isEmpty();
            other.readAt(level, 7, 8, 12, 3);
            assertThat(other.violated()).as("%s", level).contains(Versions.NAME);
        }
    }

    @Test
    void whatIsWrittenLaterCannotBeSeen() {
        history.readAt(Level.EVENTUAL, 1, 2, 10, 1).upsert("a", 3, 4, 10, 1);
        assertThat(history.violated()).contains(Versions.NAME);
    }

    @Test
    void anOldStateIsOneThatTheRowHad() {
        history.upsert("a", 1, 2, 10, 1)
                .increment("a", 3, 4, 5, 2)
                .increment("a", 5, 6, 1, 3)
                .read("a", 7, 8, 16, 3)
                .readAt(Level.EVENTUAL, 9, 10, 15, 2);
        accepted();
        // 11 is 10 and one of the increments, but not the first of them.
        history.readAt(Level.EVENTUAL, 11, 12, 11, 2);
        assertThat(history.violated()).contains(Versions.NAME);

        TestingHistory alone = new TestingHistory()
                .upsert("a", 1, 2, 10, 1)
                .increment("a", 3, 4, 5, 2)
                .increment("a", 5, 6, 1, 3)
                .read("a", 7, 8, 16, 3)
                .readAt(Level.EVENTUAL, 9, 10, 11, 2);
        assertThat(alone.violated()).containsExactly(Linearizability.NAME);
    }

    @Test
    void whatAFailedWriteWouldHaveWrittenIsNoStateEither() {
        history.upsert("a", 1, 2, 10, 1).failed("b", 3, 4, 20).readAt(Level.EVENTUAL, 5, 6, 20, 2);
        assertThat(history.violated()).contains(Versions.NAME, Linearizability.NAME);
    }

    @Test
    void aWriteOfUnknownOutcomeMayShowAtAWeakLevelAndIsWrittenThen() {
        history.upsert("a", 1, 2, 10, 1).unknown("b", 3, Kind.UPSERT, 20).readAt(Level.EVENTUAL, 5, 6, 20, 2);
        accepted();
        history.updateIf("a", 7, 8, 1, 30, 3);
        refusedBy(Linearizability.NAME);
    }

    // ---- staleness ----

    @Test
    void aBoundedReadShowsWhatWasAcknowledgedBeforeItsBound() {
        history.upsert("a", 1, 2, 10, 1).upsert("a", 3, 100 * MS, 20, 2);
        history.boundedRead(50, 140, 141, 45L, row(10, 1)).boundedRead(50, 160, 161, 50L, row(20, 2));
        accepted();
        history.boundedRead(50, 160, 161, 50L, row(10, 1));
        refusedBy(Staleness.NAME);
    }

    @Test
    void aBoundedReadThatFindsNothingIsHeldToItsBoundToo() {
        history.upsert("a", 1, 100 * MS, 10, 1).boundedRead(50, 140, 141, 45L);
        accepted();
        history.boundedRead(50, 160, 161, 50L);
        refusedBy(Staleness.NAME);
    }

    @Test
    void aBoundedReadThatIsOlderByItsOwnWordIsFound() {
        history.upsert("a", 1, 2, 10, 1).boundedRead(50, 10, 11, 50L, row(10, 1));
        accepted();
        history.boundedRead(50, 10, 11, 51L, row(10, 1));
        refusedBy(Staleness.NAME);
        assertThat(new TestingHistory()
                        .upsert("a", 1, 2, 10, 1)
                        .boundedRead(50, 10, 11, null, row(10, 1))
                        .violated())
                .containsExactly(Staleness.NAME);
    }

    @Test
    void anEventualReadIsNotOlderThanItSays() {
        history.upsert("a", 1, 2, 10, 1).upsert("a", 3, 100 * MS, 20, 2);
        history.eventualRead(900, 901, 800L, row(10, 1))
                .eventualRead(900, 901, null, row(10, 1))
                .eventualRead(900, 901, 0L, row(20, 2));
        accepted();
        history.eventualRead(900, 901, 790L, row(10, 1));
        refusedBy(Staleness.NAME);
    }

    @Test
    void whatAnybodyHadSeenMustShowAsWell() {
        history.upsert("a", 1, 2, 10, 1).unknown("b", 3, Kind.UPSERT, 20).eventualRead(100, 101, 100L, row(20, 2));
        history.eventualRead(300, 301, 200L, row(10, 1));
        accepted();
        history.eventualRead(300, 301, 190L, row(10, 1));
        refusedBy(Staleness.NAME);
    }

    @Test
    void levelsAreCounted() {
        history.twoWrites()
                .eventualRead(1, 2, 700L, row(10, 1))
                .eventualRead(3, 4, 300L, row(20, 2))
                .sessionRead("s1", 5, 6, 10, 1);
        LevelCounts counts = new LevelCounts(history.done());
        assertThat(counts.answered(Level.EVENTUAL)).isEqualTo(2);
        assertThat(counts.behind(Level.EVENTUAL)).isEqualTo(1);
        assertThat(counts.oldestMs(Level.EVENTUAL)).isEqualTo(700);
        assertThat(counts.behind(Level.SESSION)).isEqualTo(1);
        assertThat(counts.sessions()).isEqualTo(1);
    }
}
