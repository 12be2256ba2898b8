package io.mds.region.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.proto.ChangesReply;
import io.mds.proto.ChangesRequest;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.region.store.ShardChanges;
import io.mds.region.store.ShardStore;
import io.mds.rpc.Replier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Those who wait for the next changes of one shard. Any replica answers, with what it has applied.
 *
 * <p>Thread: any; nothing here blocks. Answers are given outside the lock.
 */
final class ChangePolls {
    /** Of one shard. */
    static final int MAX_WAITING = 256;

    private static final int DEFAULT_ROWS = 1_000;
    private static final int MAX_ROWS = 10_000;
    private static final long MAX_WAIT_MS = 30_000;

    private final ShardStore store;
    private final WaitingPolls all;

    @GuardedBy("this")
    private final List<Poll> waiting = new ArrayList<>();

    @GuardedBy("this")
    private MdsException closed;

    /** Above 0 whenever somebody waits, or is about to: whoever applies need not take the lock otherwise. */
    private volatile int interested;

    private record Poll(LogIndex after, int limit, long untilNanos, Replier reply) {}

    private record Answer(Replier reply, ChangesReply changes, MdsException failure) {
        void give() {
            if (changes != null) {
                reply.reply(Reply.newBuilder().setChanges(changes));
            } else {
                reply.fail(failure);
            }
        }
    }

    ChangePolls(ShardStore store, WaitingPolls all) {
        this.store = store;
        this.all = all;
    }

    /**
     * Answers at once, or when there are changes, or when the time is over.
     *
     * @throws MdsException NOT_FOUND when the changes wanted are forgotten; UNAVAILABLE when this replica has not applied as much,
     *     or is closed; RESOURCE_EXHAUSTED when too many wait; INVALID_ARGUMENT when nothing is remembered here
     */
    void poll(ChangesRequest request, Replier reply) {
        ShardChanges changes = store.changes().orElseThrow(this::off);
        if (request.getFromNow()) {
            reply.reply(Reply.newBuilder()
                    .setChanges(ChangesReply.newBuilder()
                            .setPosition(changes.position().value())
                            .setOldestPosition(changes.oldest().value())));
            return;
        }
        int limit = request.getLimit() == 0 ? DEFAULT_ROWS : Math.max(1, Math.min(request.getLimit(), MAX_ROWS));
        long waitMillis = Math.min(Integer.toUnsignedLong(request.getWaitMs()), MAX_WAIT_MS);
        Poll poll = new Poll(
                new LogIndex(request.getAfterPosition()),
                limit,
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis),
                reply);
        Optional<Answer> answer;
        synchronized (this) {
            if (closed != null) {
                throw closed;
            }
            // First, so that whoever applies something from now on looks who waits.
            interested = waiting.size() + 1;
            answer = answer(changes, poll, waitMillis == 0);
            if (answer.isEmpty() && waiting.size() == MAX_WAITING) {
                answer = Optional.of(new Answer(reply, null, tooMany()));
            }
            if (answer.isEmpty()) {
                waiting.add(poll);
            }
            interested = waiting.size();
        }
        answer.ifPresentOrElse(Answer::give, () -> all.add(this));
    }

    /** Empty as long as there is nothing to tell. */
    private Optional<Answer> answer(ShardChanges changes, Poll poll, boolean over) {
        Optional<ChangesReply> found = changes.after(poll.after(), poll.limit());
        if (found.isEmpty()) {
            return Optional.of(new Answer(poll.reply(), null, refusal(changes, poll.after())));
        }
        // Also of what changed nothing, so that those who wait are not left behind what is remembered.
        return found.get().getPosition() > poll.after().value() || over
                ? Optional.of(new Answer(poll.reply(), found.get(), null))
                : Optional.empty();
    }

    /** The store has applied something. */
    void applied() {
        if (interested > 0) {
            answerAll(System.nanoTime());
        }
    }

    /** Answers those whose time is over; true when others still wait. */
    boolean expire(long nowNanos) {
        answerAll(nowNanos);
        return interested > 0;
    }

    private void answerAll(long nowNanos) {
        ShardChanges changes = store.changes().orElseThrow(this::off);
        List<Answer> answers = new ArrayList<>();
        synchronized (this) {
            for (Iterator<Poll> polls = waiting.iterator(); polls.hasNext(); ) {
                Poll poll = polls.next();
                Optional<Answer> answer = answer(changes, poll, poll.untilNanos() - nowNanos <= 0);
                if (answer.isPresent()) {
                    answers.add(answer.get());
                    polls.remove();
                }
            }
            interested = waiting.size();
        }
        answers.forEach(Answer::give);
    }

    /** Nothing is applied here any more. */
    void close(String reason) {
        MdsException why = MdsException.builder(
                        ErrorCode.UNAVAILABLE, "shard " + store.id() + " is not watched here: " + reason)
                .withoutStackTrace()
                .build();
        List<Poll> lost;
        synchronized (this) {
            closed = why;
            lost = List.copyOf(waiting);
            waiting.clear();
            interested = 0;
        }
        lost.forEach(poll -> poll.reply().fail(why));
    }

    private MdsException off() {
        return MdsException.builder(
                        ErrorCode.INVALID_ARGUMENT,
                        "this region remembers no changes, so that its tables cannot be watched (changes.memory = 0)")
                .withoutStackTrace()
                .build();
    }

    private MdsException refusal(ShardChanges changes, LogIndex position) {
        LogIndex oldest = changes.oldest();
        if (position.compareTo(oldest) < 0) {
            return MdsException.builder(
                            ErrorCode.NOT_FOUND,
                            "the changes of shard " + store.id() + " after position " + position
                                    + " are forgotten here (oldest position: " + oldest
                                    + ", changes.memory); read the table anew and watch from now")
                    .withoutStackTrace()
                    .build();
        }
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE,
                        "this replica of shard " + store.id() + " is at position " + changes.position() + ", before "
                                + position + "; ask another one")
                .retryAfter(Duration.ofMillis(5))
                .withoutStackTrace()
                .build();
    }

    private MdsException tooMany() {
        return MdsException.builder(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        MAX_WAITING + " watchers wait for changes of shard " + store.id() + " (limit: " + MAX_WAITING
                                + ")")
                .retryAfter(Duration.ofSeconds(1))
                .withoutStackTrace()
                .build();
    }
}
