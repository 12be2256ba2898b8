package io.mds.region.service;

import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.region.store.ApplyResult;
import io.mds.region.wal.LogEntry;
import io.mds.rpc.Replier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Who waits for which entry of one leader's view to be applied, in the order of the entries. Guarded by the shard's lock. */
final class PendingWrites {
    /** One who waits. */
    record Waiter(LogIndex index, ViewNumber view, Replier replier) {}

    /** An answer to be given, outside the lock. */
    record Answer(Replier replier, ApplyResult result) {}

    private final Deque<Waiter> waiters = new ArrayDeque<>();

    int size() {
        return waiters.size();
    }

    void add(LogIndex index, ViewNumber view, Replier replier) {
        waiters.add(new Waiter(index, view, replier));
    }

    /** Takes those that wait for entries that were applied. */
    List<Answer> applied(List<LogEntry> entries, List<ApplyResult> results) {
        if (waiters.isEmpty()) {
            return List.of();
        }
        List<Answer> answers = new ArrayList<>(Math.min(entries.size(), waiters.size()));
        for (int i = 0; i < entries.size() && !waiters.isEmpty(); i++) {
            LogEntry entry = entries.get(i);
            Waiter next = waiters.peek();
            if (next.index().equals(entry.index()) && next.view().equals(entry.view())) {
                waiters.poll();
                answers.add(new Answer(next.replier(), results.get(i)));
            }
        }
        return answers;
    }

    /** Takes all, because nobody here will know what becomes of their writes. */
    List<Waiter> takeAll() {
        List<Waiter> all = new ArrayList<>(waiters);
        waiters.clear();
        return all;
    }

    static void give(Answer answer, ShardId shard) {
        if (answer.result() instanceof ApplyResult.Written written) {
            answer.replier().reply(Reply.newBuilder().setWrite(written.reply()));
        } else if (answer.result() instanceof ApplyResult.Refused refused) {
            answer.replier().reply(Reply.newBuilder().setError(refused.error()));
        } else {
            answer.replier().fail(unknown(shard, "it was applied before, and its answer is no longer recorded"));
        }
    }

    static MdsException unknown(ShardId shard, String reason) {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE, "the write to shard " + shard + " has an unknown outcome: " + reason)
                .outcomeUnknown()
                .withoutStackTrace()
                .build();
    }
}
