package io.mds.region.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.proto.Outcome;
import io.mds.region.replication.Message;
import io.mds.region.wal.LogPosition;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What regions say when a leader and its followers lose each other, and what becomes of seals and writes then. */
class LostLeaderTest extends ThreeRegions {
    @Test
    void followersReportThatTheyMissTheBeatsOfTheirLeader() throws Exception {
        AtomicInteger news = new AtomicInteger();
        regions.get(2L).shards().onNews(news::incrementAndGet);
        upsertAt(1, 1).get();
        assertThat(report(2).getSilentView()).isZero();
        stopRegion(1);
        await().until(() -> report(2).getSilentView() == 1 && report(3).getSilentView() == 1);
        assertThat(news).hasValue(1);
        assertThat(report(2).getView()).isEqualTo(1);
        // Nothing more comes of it by itself.
        await().until(() -> regions.get(2L).shards().areQuiet());
        long leader = mostAdvanced(seal(2));
        open(2, leader);
        awaitServing(leader, 2);
        assertThat(report(2).getSilentView()).isZero();
        assertThat(report(3).getSilentView()).isZero();
    }

    @Test
    void aLeaderThatIsCutOffReportsItAndTakesNoMoreWrites() throws Exception {
        upsertAt(1, 1).get();
        stopRegion(2);
        stopRegion(3);
        await().until(() -> {
            MdsException refused = failure(upsertAt(1, 2));
            return refused.outcome() == Outcome.NOT_APPLIED
                    && refused.isRetryable()
                    && refused.getMessage().contains("was not taken");
        });
        assertThat(report(1).getSilentView()).isEqualTo(1);
        long last = report(1).getLastIndex();
        assertThat(failure(upsertAt(1, 3)).outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(report(1).getLastIndex()).isEqualTo(last);
        startRegion(2);
        open(1, 1);
        await().ignoreExceptions().until(() -> upsertAt(1, 4).get().hasWrite());
        await().until(() -> report(1).getSilentView() == 0);
    }

    @Test
    void aSealThatANewerViewOvertakesIsRefusedAtOnce() throws Exception {
        ShardHost follower = regions.get(2L).shards().get(SHARD);
        // So that its lease lasts: the answer has to wait for its end.
        upsertAt(1, 1).get();
        AtomicLong promised = new AtomicLong();
        AtomicLong sealed = new AtomicLong();
        follower.seal(view(2), view(0), new PendingSeals.Answer() {
            @Override
            public void sealed(ViewNumber number, LogPosition last) {
                sealed.set(number.value());
            }

            @Override
            public void refused(ViewNumber newer) {
                promised.set(newer.value());
            }
        });
        LogPosition end = new LogPosition(view(1), new LogIndex(report(2).getLastIndex()));
        follower.receive(new RegionId(3), new Message.Append(view(3), 0, end, List.of(), new LogIndex(0), true), 0);
        // A machine that slept for longer than the lease answers the old way.
        assertThat(promised.get() == 3 || sealed.get() == 2).isTrue();
    }

    private static ViewNumber view(long number) {
        return new ViewNumber(number);
    }
}
