package io.mds.region.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import org.junit.jupiter.api.Test;

class ShardReplicaTest {
    private static final ViewNumber FIRST = new ViewNumber(1);
    private static final ViewNumber SECOND = new ViewNumber(2);

    private final ShardReplica replica = new ShardReplica(FIRST, new LogIndex(7));

    private static LogIndex index(long value) {
        return new LogIndex(value);
    }

    private void makeServe() {
        LogIndex barrier = replica.open(FIRST);
        replica.durable(barrier);
        replica.applied(barrier);
    }

    @Test
    void itServesOnceTheBarrierOfItsViewIsApplied() {
        assertThat(replica.isServing()).isFalse();
        LogIndex barrier = replica.open(FIRST);
        assertThat(barrier).isEqualTo(index(8));
        assertThat(replica.isServing()).isFalse();
        replica.durable(barrier);
        assertThat(replica.isServing()).isFalse();
        replica.applied(barrier);
        assertThat(replica.isServing()).isTrue();
    }

    @Test
    void anotherViewServesOnlyAfterABarrierOfItsOwn() {
        makeServe();
        LogIndex barrier = replica.open(SECOND);
        assertThat(replica.isServing()).isFalse();
        assertThatThrownBy(replica::propose).isInstanceOf(IllegalStateException.class);
        replica.durable(barrier);
        replica.applied(barrier);
        assertThat(replica.isServing()).isTrue();
        assertThat(replica.view()).isEqualTo(SECOND);
    }

    @Test
    void anOlderViewIsRefused() {
        replica.open(SECOND);
        assertThatThrownBy(() -> replica.open(FIRST)).hasMessageContaining("older");
        assertThat(replica.view()).isEqualTo(SECOND);
    }

    @Test
    void indexesHaveNoGapsAlsoAfterAnAppendThatWasRefused() {
        makeServe();
        assertThat(replica.propose()).isEqualTo(index(9));
        assertThat(replica.propose()).isEqualTo(index(10));
        replica.withdraw(index(10));
        assertThat(replica.propose()).isEqualTo(index(10));
    }

    @Test
    void onlyTheLastIndexCanBeWithdrawnAndOnlyBeforeItIsOnDisk() {
        makeServe();
        replica.propose();
        replica.propose();
        assertThatThrownBy(() -> replica.withdraw(index(9))).isInstanceOf(IllegalArgumentException.class);
        replica.durable(index(10));
        assertThatThrownBy(() -> replica.withdraw(index(10))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void withoutItsBarrierAReplicaDoesNotServe() {
        LogIndex barrier = replica.open(FIRST);
        replica.withdraw(barrier);
        assertThat(replica.isServing()).isFalse();
        assertThat(replica.open(FIRST)).isEqualTo(barrier);
    }

    @Test
    void nothingIsAppliedBeforeItIsOnDiskAndNothingTwice() {
        makeServe();
        LogIndex write = replica.propose();
        assertThatThrownBy(() -> replica.applied(write)).isInstanceOf(IllegalArgumentException.class);
        replica.durable(write);
        replica.applied(write);
        assertThatThrownBy(() -> replica.applied(index(8))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> replica.durable(index(8))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> replica.durable(index(11))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aReplicaThatFailedServesNoMore() {
        makeServe();
        replica.fail();
        assertThat(replica.isServing()).isFalse();
    }
}
