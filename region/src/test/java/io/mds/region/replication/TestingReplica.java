package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A replica whose disk and store do at once what they are asked, unless they are told to wait. */
final class TestingReplica {
    static final long MS = 1_000_000;
    static final RegionId A = new RegionId(1);
    static final RegionId B = new RegionId(2);
    static final RegionId C = new RegionId(3);
    static final RegionId D = new RegionId(4);
    static final Set<RegionId> ABC = Set.of(A, B, C);
    static final ReplicaSettings SETTINGS = new ReplicaSettings(
            Duration.ofMillis(500), Duration.ofMillis(100), Duration.ofSeconds(1), 512, 1 << 20, 4_096, 2);

    private final Replica replica;
    private final List<Effect> seen = new ArrayList<>();
    private final List<Effect> unwritten = new ArrayList<>();
    private boolean diskWaits;
    private long now;

    private TestingReplica(RegionId self, ViewNumber promised, List<LogEntry> rest) {
        this.replica = new Replica(self, SETTINGS, promised, LogPosition.START, rest, 0);
        // The lease that it may have given before it was started.
        this.now = 500 * MS;
    }

    static TestingReplica empty(RegionId self) {
        return new TestingReplica(self, view(0), List.of());
    }

    static TestingReplica restarted(RegionId self, long promised, LogEntry... rest) {
        return new TestingReplica(self, view(promised), List.of(rest));
    }

    static ViewNumber view(long number) {
        return new ViewNumber(number);
    }

    static LogPosition at(long view, long index) {
        return new LogPosition(view(view), new LogIndex(index));
    }

    static LogEntry entry(long view, long index) {
        return LogEntry.barrier(view(view), new LogIndex(index), 0);
    }

    Replica replica() {
        return replica;
    }

    long now() {
        return now;
    }

    TestingReplica later(long millis) {
        now += millis * MS;
        return this;
    }

    /** What is written from now on is not on disk before {@link #diskCatchesUp}. */
    TestingReplica diskWaits() {
        diskWaits = true;
        return this;
    }

    TestingReplica diskCatchesUp() {
        diskWaits = false;
        List<Effect> written = List.copyOf(unwritten);
        unwritten.clear();
        written.forEach(this::written);
        return settle();
    }

    private void written(Effect effect) {
        if (effect instanceof Effect.Append append) {
            replica.durable(LogPosition.of(append.entry()), now);
        } else if (effect instanceof Effect.Promise promise) {
            replica.promiseDurable(promise.view(), now);
        }
    }

    /** Has done what the replica wants done, and what that brings about. */
    TestingReplica settle() {
        for (List<Effect> effects = replica.effects(); !effects.isEmpty(); effects = replica.effects()) {
            for (Effect effect : effects) {
                seen.add(effect);
                if (effect instanceof Effect.Commit commit) {
                    replica.applied(commit.index());
                } else if (diskWaits) {
                    unwritten.add(effect);
                } else {
                    written(effect);
                }
            }
        }
        return this;
    }

    TestingReplica seal(long number, long released) {
        replica.seal(view(number), view(released), now);
        return settle();
    }

    TestingReplica open(View opened) {
        replica.open(opened, now);
        return settle();
    }

    TestingReplica tick() {
        replica.tick(now);
        return settle();
    }

    TestingReplica receive(RegionId from, Message message) {
        replica.receive(from, message, now);
        return settle();
    }

    TestingReplica append(RegionId from, long view, LogPosition previous, long committed, LogEntry... entries) {
        return append(from, view, previous, committed, true, entries);
    }

    TestingReplica append(
            RegionId from, long view, LogPosition previous, long committed, boolean beating, LogEntry... entries) {
        return receive(
                from,
                new Message.Append(view(view), now, previous, List.of(entries), new LogIndex(committed), beating));
    }

    TestingReplica appended(RegionId from, long view, long matched) {
        return receive(from, new Message.Appended(view(view), now, new LogIndex(matched), 500 * MS));
    }

    TestingReplica restored(LogPosition position) {
        replica.restored(position);
        return settle();
    }

    TestingReplica propose() {
        replica.propose((view, index) -> LogEntry.barrier(view, index, 0), now);
        return settle();
    }

    /** Effects of a kind since the last call of this. */
    <E> List<E> take(Class<E> kind) {
        List<E> found = effects(kind).toList();
        seen.clear();
        return found;
    }

    /** What was sent to one other since the last call of this. */
    List<Message> sent(RegionId to) {
        List<Message> found = effects(Effect.Send.class)
                .filter(send -> send.to().equals(to))
                .map(Effect.Send::message)
                .toList();
        seen.clear();
        return found;
    }

    private <E> Stream<E> effects(Class<E> kind) {
        return seen.stream().filter(kind::isInstance).map(kind::cast);
    }

    /** The leader of view 1 with two followers, which have everything. */
    static TestingReplica leader() {
        TestingReplica leader = empty(A).open(View.of(view(1), A, ABC));
        leader.appended(B, 1, 1).appended(C, 1, 1);
        leader.seen.clear();
        return leader;
    }

    /** The same, when there has been no work for long. */
    static TestingReplica quietLeader() {
        TestingReplica leader = leader();
        for (int i = 0; i < 20; i++) {
            leader.later(100).tick();
            if (!leader.sent(B).isEmpty()) {
                leader.appended(B, 1, 1).appended(C, 1, 1);
            }
        }
        leader.take(Effect.class);
        return leader;
    }
}
