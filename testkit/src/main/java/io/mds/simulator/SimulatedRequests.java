package io.mds.simulator;

import com.google.protobuf.ByteString;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.replication.Replica;
import io.mds.region.wal.LogEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The writes and strong reads that clients ask of a region, until they are answered or forgotten. */
final class SimulatedRequests {
    private static final long READ_LIMIT_NANOS = 150_000_000;

    private record Write(ViewNumber view, long operation) {}

    private record Read(long begin, long askedAtNanos) {}

    private final RegionId id;
    private final SimulatedStore store;
    private final SimulatedProcess process;
    private final Schedule schedule;
    private final Dice dice;
    private final History history;
    private final Coverage coverage;
    private final Map<Long, Write> writes = new HashMap<>();
    private final List<Read> reads = new ArrayList<>();
    private long trustedUntilNanos;

    SimulatedRequests(
            RegionId id,
            SimulatedStore store,
            SimulatedProcess process,
            Schedule schedule,
            Dice dice,
            History history,
            Coverage coverage) {
        this.id = id;
        this.store = store;
        this.process = process;
        this.schedule = schedule;
        this.dice = dice;
        this.history = history;
        this.coverage = coverage;
    }

    /** The process, or the replica, is another: it has no trust of its own yet. */
    void begin() {
        forget();
        trustedUntilNanos = process.clock();
    }

    /** Nothing comes back unless the write is applied here while this region still leads. */
    void write(Replica replica, long operation) {
        if (replica.isServing()) {
            replica.propose(
                    (view, index) -> {
                        writes.put(index.value(), new Write(view, operation));
                        return LogEntry.write(view, index, operation, ByteString.EMPTY);
                    },
                    process.clock());
        }
    }

    /** The store has applied an entry. */
    void applied(LogEntry entry) {
        Write write = writes.remove(entry.index().value());
        if (write != null && write.view().equals(entry.view())) {
            history.acknowledged(entry.index());
            coverage.count(Coverage.Event.WRITES_ACKNOWLEDGED);
        }
    }

    /** A strong read waits for the lease, reads the store, and then looks at the lease again. */
    void read() {
        Read read = new Read(history.acknowledgedUpTo(), schedule.nowNanos());
        process.event(it -> {
            if (it.isServing()) {
                if (isTrusted()) {
                    readStore(read);
                } else {
                    coverage.count(Coverage.Event.READS_WAITED_FOR_LEASE);
                    reads.add(read);
                    it.renewLease(process.clock());
                }
            }
        });
    }

    private boolean isTrusted() {
        return process.clock() - trustedUntilNanos < 0;
    }

    private void readStore(Read read) {
        long seen = store.applied().index().value();
        // As in the region, whoever answers looks at a time that was noted down, and takes no part in the replica's
        // events.
        schedule.within(0, dice.oneIn(10) ? 100_000 : 500, process.ifStillAlive(it -> {
            if (isTrusted()) {
                history.read(id, read.begin(), seen);
                coverage.count(Coverage.Event.STRONG_READS);
            }
        }));
    }

    /** After each event: notes down until when the replica trusts its lease, and goes on with what waited for that. */
    void standing(Replica replica) {
        trustedUntilNanos = replica.trustedUntilNanos(process.clock());
        if (!replica.isLeader()) {
            forget();
        } else if (!reads.isEmpty() && replica.mayAnswerReads(process.clock())) {
            List<Read> ready = List.copyOf(reads);
            reads.clear();
            ready.forEach(this::readStore);
        }
    }

    boolean areReadsWaiting() {
        return !reads.isEmpty();
    }

    void giveUpOldReads() {
        reads.removeIf(read -> schedule.nowNanos() - read.askedAtNanos() > READ_LIMIT_NANOS);
    }

    /** Clients hear no more of what they asked. */
    void forget() {
        writes.clear();
        reads.clear();
    }
}
