package io.mds.region.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.id.ViewNumber;
import io.mds.proto.Reply;
import io.mds.proto.SealShardsReply;
import io.mds.proto.SealShardsReply.Sealed;
import io.mds.region.wal.LogPosition;
import io.mds.rpc.Replier;

/** Gathers the answers of many shards to one message of a master, and answers it with the last one. Any thread. */
final class SealCollector {
    private final Replier reply;
    private final SealShardsReply.Builder answers = SealShardsReply.newBuilder();

    @GuardedBy("this")
    private int missing;

    SealCollector(int expected, Replier reply) {
        this.missing = expected;
        this.reply = reply;
        if (expected == 0) {
            reply.reply(Reply.newBuilder().setSealShards(answers));
        }
    }

    PendingSeals.Answer of(long shard, ViewNumber view) {
        Sealed.Builder answer = Sealed.newBuilder().setShardId(shard).setView(view.value());
        return new PendingSeals.Answer() {
            @Override
            public void sealed(ViewNumber number, LogPosition last) {
                add(answer.setSealed(true)
                        .setPromised(number.value())
                        .setLastView(last.view().value())
                        .setLastIndex(last.index().value()));
            }

            @Override
            public void refused(ViewNumber promised) {
                add(answer.setPromised(promised.value()));
            }
        };
    }

    private synchronized void add(Sealed.Builder answer) {
        answers.addAnswers(answer);
        missing--;
        if (missing == 0) {
            reply.reply(Reply.newBuilder().setSealShards(answers));
        }
    }
}
