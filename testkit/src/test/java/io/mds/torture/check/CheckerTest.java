package io.mds.torture.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.torture.check.Operation.Kind;
import io.mds.torture.check.Operation.Seen;
import org.junit.jupiter.api.Test;

/**
 * Each broken promise of strong operations is found in the smallest history that shows it, and what is only unusual is
 * accepted.
 */
class CheckerTest {
    private final TestingHistory history = new TestingHistory();

    @Test
    void oneAfterTheOtherIsValid() {
        history.readAbsent("a", 1, 2)
                .upsert("a", 3, 4, 10, 1)
                .read("b", 5, 6, 10, 1)
                .increment("b", 7, 8, 1, 2)
                .read("a", 9, 10, 11, 2)
                .updateIf("a", 11, 12, 2, 20, 3)
                .updateIfRefused("b", 13, 14, 2, 30)
                .insertRefused("b", 15, 16, 40)
                .delete("a", 17, 18, 4)
                .readAbsent("b", 19, 20)
                .lastReadAbsent(21, 22);
        assertThat(Verdict.of(history.done(), Verdict.EFFORT).isValid()).isTrue();
    }

    @Test
    void aLostWriteIsFoundAtTheEnd() {
        history.upsert("a", 1, 2, 10, 1).lastReadAbsent(3, 4);
        assertThat(history.violated()).contains(FinalReads.LOST, Linearizability.NAME);
    }

    @Test
    void aLostWriteOnTopOfAnotherIsFoundByEachCheckThatCouldSeeIt() {
        history.twoWrites().lastRead(5, 6, 10, 1);
        assertThat(history.violated()).contains(FinalReads.LOST, Versions.NAME, Linearizability.NAME);
    }

    @Test
    void aStaleReadIsFoundThoughLaterReadsAreRight() {
        history.twoWrites().read("b", 5, 6, 10, 1).read("b", 7, 8, 20, 2).lastRead(9, 10, 20, 2);
        assertThat(history.violated()).containsExactly(Versions.NAME, Linearizability.NAME);
    }

    @Test
    void aReadThatMissesAWriteThatAnotherReadSawIsFound() {
        history.upsert("a", 1, 2, 10, 1)
                .upsert("w", 3, 20, 20, 2)
                .read("b", 5, 6, 20, 2)
                .read("c", 7, 8, 10, 1)
                .lastRead(30, 31, 20, 2);
        assertThat(history.violated()).contains(Linearizability.NAME);
    }

    @Test
    void anIncrementThatCountsTwiceIsFound() {
        history.upsert("a", 1, 2, 10, 1).increment("a", 3, 4, 1, 2).lastRead(5, 6, 12, 3);
        assertThat(history.violated()).contains(FinalReads.COUNTED, Linearizability.NAME);
    }

    @Test
    void anIncrementOfUnknownOutcomeMayCountOnce() {
        history.upsert("a", 1, 2, 10, 1).unknown("a", 3, Kind.INCREMENT, 1).lastRead(5, 6, 11, 3);
        assertThat(history.violated()).isEmpty();
    }

    @Test
    void anIncrementOfUnknownOutcomeMustNotCountTwice() {
        history.upsert("a", 1, 2, 10, 1)
                .unknown("a", 3, Kind.INCREMENT, 1)
                .increment("b", 4, 5, 1, 2)
                .lastRead(5, 6, 13, 4);
        assertThat(history.violated()).contains(FinalReads.COUNTED, Linearizability.NAME);
    }

    @Test
    void aWriteThatFailedMustNotShow() {
        history.upsert("a", 1, 2, 10, 1).failed("b", 3, 4, 20).lastRead(5, 6, 20, 2);
        assertThat(history.violated()).contains(Linearizability.NAME);
    }

    @Test
    void twoConditionalUpdatesOfOneVersionCannotBothSucceed() {
        history.upsert("a", 1, 2, 10, 1)
                .updateIf("a", 3, 6, 1, 20, 2)
                .updateIf("b", 3, 6, 1, 30, 3)
                .lastRead(7, 8, 30, 3);
        assertThat(history.violated()).containsExactly(Linearizability.NAME);
    }

    @Test
    void aConditionalUpdateThatWasRefusedWithoutCauseIsFound() {
        history.upsert("a", 1, 2, 10, 1).updateIfRefused("b", 3, 4, 1, 20).lastRead(5, 6, 10, 1);
        assertThat(history.violated()).containsExactly(Linearizability.NAME);
    }

    @Test
    void anInsertThatWasRefusedWithoutCauseIsFound() {
        history.insertRefused("b", 1, 2, 20).lastReadAbsent(5, 6);
        assertThat(history.violated()).containsExactly(Linearizability.NAME);
    }

    @Test
    void aVersionThatARefusalDeniesIsNotSeenNext() {
        history.unknown("a", 1, Kind.UPSERT, 10);
        history.read("b", 2, 3, 10, 5).updateIfRefused("b", 4, 5, 4, 20);
        assertThat(history.violated()).isEmpty();

        TestingHistory denied = new TestingHistory().upsert("a", 1, 2, 9, 1).unknown("a", 3, Kind.UPSERT, 10);
        denied.insertRefused("b", 4, 5, 20).updateIfRefused("b", 6, 7, 1, 20);
        denied.updateIfRefused("b", 8, 9, 5, 20).read("b", 10, 11, 10, 5);
        assertThat(denied.violated()).containsExactly(Linearizability.NAME);
    }

    @Test
    void betweenTwoVersionsThatFollowEachOtherThereWasNoWrite() {
        history.unknown("a", 1, Kind.UPSERT, 10).delete("b", 2, 3, 4).increment("b", 4, 5, 1, 5);
        assertThat(history.violated()).containsExactly(Linearizability.NAME);

        TestingHistory withRoom = new TestingHistory()
                .unknown("a", 1, Kind.UPSERT, 10)
                .delete("b", 2, 3, 4)
                .increment("b", 4, 5, 1, 6);
        assertThat(withRoom.violated()).isEmpty();
    }

    @Test
    void aRowThatSomebodyDeletedPerhapsMayBeGone() {
        history.perhapsDeleted().lastReadAbsent(6, 7);
        assertThat(history.violated()).isEmpty();
    }

    @Test
    void aRowThatWasGoneDoesNotComeBack() {
        history.perhapsDeleted().lastRead(6, 7, 10, 1);
        assertThat(history.violated()).contains(Linearizability.NAME);
    }

    @Test
    void aWriteOfUnknownOutcomeMayTakeEffectMuchLater() {
        history.unknown("a", 1, Kind.UPSERT, 99)
                .upsert("b", 2, 3, 10, 1)
                .read("b", 4, 5, 10, 1)
                .upsert("b", 6, 7, 20, 2)
                .read("c", 8, 9, 99, 3)
                .lastRead(10, 11, 99, 3);
        assertThat(history.violated()).isEmpty();
    }

    @Test
    void aWriteOfUnknownOutcomeIsNotUndoneOnceItWasSeen() {
        history.unknown("a", 1, Kind.UPSERT, 99)
                .upsert("b", 2, 3, 10, 1)
                .read("c", 8, 9, 99, 2)
                .read("c", 10, 11, 10, 1)
                .lastRead(12, 13, 99, 2);
        assertThat(history.violated()).contains(Versions.NAME, Linearizability.NAME);
    }

    @Test
    void aWriteOfUnknownOutcomeTakesEffectAtMostOnce() {
        history.unknown("a", 1, Kind.UPSERT, 99)
                .read("c", 2, 3, 99, 1)
                .upsert("b", 4, 5, 10, 2)
                .read("c", 6, 7, 99, 3)
                .lastRead(8, 9, 99, 3);
        assertThat(history.violated()).contains(Linearizability.NAME);
    }

    @Test
    void aBatchOfWhichOneRowIsOlderIsFound() {
        history.batch("a", 1, 2, 7, 1)
                .batch("a", 3, 6, 8, 2)
                .scan("b", 4, 5, new Seen("g/1", 8, 2), new Seen("g/2", 7, 1), new Seen("g/3", 8, 2));
        assertThat(history.violated()).containsExactly(Batches.NAME);
    }

    @Test
    void aBatchOfWhichOneRowIsMissingIsFound() {
        history.batch("a", 1, 4, 7, 1).scan("b", 2, 3, new Seen("g/1", 7, 1), new Seen("g/2", 7, 1));
        assertThat(history.violated()).containsExactly(Batches.NAME);
    }

    @Test
    void aWholeBatchThatIsStaleIsFound() {
        history.batch("a", 1, 2, 7, 1)
                .batch("a", 3, 4, 8, 2)
                .scan("b", 5, 6, new Seen("g/1", 7, 1), new Seen("g/2", 7, 1), new Seen("g/3", 7, 1));
        assertThat(history.violated()).containsExactly(Versions.NAME, Linearizability.NAME);
    }

    @Test
    void aRowThatIsNotReadAtTheEndIsUndecided() {
        history.upsert("a", 1, 2, 10, 1);
        Verdict verdict = Verdict.of(history.done(), Verdict.EFFORT);
        assertThat(verdict.isUndecided()).isTrue();
        assertThat(verdict.word()).isEqualTo("undecided");
    }

    @Test
    void aSearchThatIsTooLongIsUndecidedAndSaysSo() {
        for (int i = 1; i <= 40; i++) {
            history.unknown("a", i, Kind.INCREMENT, 1L << i);
        }
        history.upsert("b", 100, 101, 0, 1).read("b", 102, 103, 1_000_001, 99).lastRead(104, 105, 1_000_001, 99);
        assertThat(new Linearizability(10_000).check(history.done().operations()))
                .singleElement()
                .matches(finding -> !finding.decided())
                .asString()
                .contains("gave up after 10000 steps");
    }
}
