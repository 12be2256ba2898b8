package io.mds.region.service;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ShardReport;
import io.mds.proto.ShardRoute;
import io.mds.region.replication.Message;
import io.mds.region.replication.Replica;
import io.mds.region.replication.View;
import io.mds.region.store.ShardStore;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogHealth;
import io.mds.region.wal.LogPosition;
import io.mds.region.wal.WriteAheadLog;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;
import io.mds.table.TableSchema;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open shard: what masters, other regions and clients ask of it.
 *
 * <p>Thread: any; nothing here blocks.
 */
final class ShardHost {
    private static final Logger LOG = LoggerFactory.getLogger(ShardHost.class);

    /** Told when a leader says that it has not kept what this replica lacks; must not block. */
    interface Behind {
        void behind(ShardHost shard, RegionId leader);
    }

    private final ShardStore store;
    private final WriteAheadLog log;
    private final int maxQueued;
    private final Behind behind;
    private final RequestLimits limits;
    private final Freshness freshness = new Freshness();
    private final ToldView told = new ToldView();
    private final RunningReplica running;

    /** Of the copy that was pulled last. */
    private volatile long copiedBytes;

    /** By the schema that was applied when somebody asked last. A race on it is harmless. */
    private volatile RequestChecks checks;

    /** The newest schema that was put into the log here, and the view in which that was. Used within events alone. */
    private long proposedSchema;

    private ViewNumber proposedIn = new ViewNumber(0);
    private volatile boolean closed;

    ShardHost(
            ShardStore store,
            Replica replica,
            RunningReplica.Surroundings around,
            int maxQueued,
            RequestLimits limits,
            Behind behind) {
        this.store = store;
        this.log = around.log();
        this.maxQueued = maxQueued;
        this.behind = behind;
        this.limits = limits;
        this.checks = new RequestChecks(store.schema(), limits);
        this.running = new RunningReplica(store, replica, around, freshness, told);
    }

    ShardId id() {
        return store.id();
    }

    ShardStore store() {
        return store;
    }

    RequestChecks checks() {
        RequestChecks last = checks;
        TableSchema schema = store.schema();
        if (!last.areBy(schema)) {
            last = new RequestChecks(schema, limits);
            checks = last;
        }
        return last;
    }

    Freshness freshness() {
        return freshness;
    }

    // ---- the master ----

    /**
     * A view as a master tells it; told again, it changes nothing but learners.
     *
     * @param route what it means to clients; null when that is not known
     */
    void open(View opened, ShardRoute route) {
        running.event(false, (it, now) -> {
            it.open(opened, now);
            told.tell(opened.number(), route);
        });
    }

    /** @param answer told once, with what the region answers; on any thread */
    void seal(ViewNumber newView, ViewNumber released, PendingSeals.Answer answer) {
        boolean taken = running.event(true, (it, now) -> {
            running.waiters().seals().add(newView, answer);
            it.seal(newView, released, now);
        });
        if (!taken) {
            answer.refused(new ViewNumber(0));
        }
    }

    // ---- other replicas ----

    /** @param newestAtMillis when an append was the newest, by its leader's wall clock; 0 when nobody knows */
    void receive(RegionId from, Message message, long newestAtMillis) {
        if (!(message instanceof Message.Append append)) {
            running.event(true, (it, now) -> it.receive(from, message, now));
            return;
        }
        long bytes = 0;
        for (LogEntry entry : append.entries()) {
            bytes += entry.payload().size();
        }
        int entries = append.entries().size();
        if (entries > 0 && !log.hasRoomFor(entries, bytes)) {
            LOG.debug("shard {}: {} entries find no room in the log; the leader sends them again", id(), entries);
            // It was heard all the same.
            running.event(true, (it, now) -> it.receive(from, append.withoutEntries(), now));
            return;
        }
        running.event(bytes <= DurableWork.MAX_BYTES_AT_ONCE, (it, now) -> {
            it.receive(from, append, now);
            freshness.heard(append.committed(), it.committed(), newestAtMillis, now);
        });
    }

    /** The leader of a view has not kept what this replica lacks. */
    void isBehind(RegionId leader, ViewNumber ofView) {
        boolean current = running.look(it -> !it.isLeader() && ofView.equals(it.promised()));
        if (current && !running.isFailed()) {
            behind.behind(this, leader);
        }
    }

    /** So much of a copy of the shard has come. */
    void copied(long bytes) {
        copiedBytes = bytes;
    }

    /** A snapshot was installed in the store. */
    void restored(LogPosition position) {
        running.restored(position);
    }

    // ---- clients ----

    /**
     * Admits a validated write; its answer comes through the replier.
     *
     * @throws MdsException NOT_LEADER, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE: nothing was logged
     */
    void write(ByteString request, Asked asked, Deadline deadline, Replier replier) {
        if (running.isCutOff()) {
            // What comes next is taken as soon as the others answer.
            renewLease();
            throw ShardRefusals.cutOff(id());
        }
        boolean taken = running.event(true, (it, now) -> {
            if (!it.isServing()) {
                running.waiters().held().hold(it, asked, replier, () -> write(request, asked, deadline, replier), now);
                return;
            }
            if (deadline.isExpired()) {
                throw ShardRefusals.tooLate("write");
            }
            PendingWrites writes = running.waiters().writes();
            if (writes.size() >= maxQueued) {
                throw ShardRefusals.tooManyWrites(id(), writes.size(), maxQueued);
            }
            log.admit(request.size());
            it.propose(
                    (inView, index) -> {
                        writes.add(index, inView, replier);
                        return LogEntry.write(inView, index, System.currentTimeMillis(), request);
                    },
                    now);
        });
        requireTaken(taken);
    }

    private void requireTaken(boolean taken) {
        if (!taken) {
            throw ShardRefusals.notServing(id(), false, Optional.empty());
        }
    }

    /**
     * Puts an entry into the log that makes all replicas take checksums.
     *
     * @return its place; known to be committed when the checksums are there
     * @throws MdsException as {@link #write}
     */
    LogIndex proposeChecksum(ByteString order) {
        LogIndex[] place = new LogIndex[1];
        proposeSomething((it, now) -> {
            log.admit(order.size());
            place[0] = it.propose(
                    (inView, index) -> LogEntry.checksum(inView, index, System.currentTimeMillis(), order), now);
        });
        return place[0];
    }

    /**
     * Puts a newer schema into the log, unless that was done in this view already.
     *
     * @throws MdsException as {@link #write}
     */
    void proposeSchema(TableSchema schema) {
        ByteString payload = schema.toProto().toByteString();
        proposeSomething((it, now) -> {
            if (it.promised().equals(proposedIn) && schema.version() <= proposedSchema) {
                return;
            }
            log.admit(payload.size());
            LogIndex unused = it.propose(
                    (inView, index) -> LogEntry.schema(inView, index, System.currentTimeMillis(), payload), now);
            proposedSchema = schema.version();
            proposedIn = it.promised();
        });
    }

    private void proposeSomething(RunningReplica.Event proposal) {
        boolean taken = running.event(false, (it, now) -> {
            if (!it.isServing()) {
                throw ShardRefusals.notServing(id(), it.isLeader(), Optional.empty());
            }
            proposal.on(it, now);
        });
        requireTaken(taken);
    }

    /** Does a read again as soon as the lease of a majority is there. */
    void whenTrusted(Asked asked, Replier replier, Runnable again) {
        boolean taken = running.event(true, (it, now) -> {
            Waiters waiters = running.waiters();
            if (!it.isServing()) {
                waiters.held().hold(it, asked, replier, again, now);
                return;
            }
            waiters.reads().add(id(), new PendingReads.Waiting(replier, again));
            it.renewLease(now);
        });
        requireTaken(taken);
    }

    /** Who waits for changes. */
    ChangePolls polls() {
        return running.polls();
    }

    boolean isServing() {
        return running.isServing();
    }

    /** Whether it leads the newest view that it knows, serving already or not. */
    boolean isLeader() {
        return !running.isFailed() && running.look(Replica::isLeader);
    }

    /** Asks the others for their lease, while this one's still lasts. */
    void renewLease() {
        running.event(true, Replica::renewLease);
    }

    /** Whether what was read from the store before this call may be answered as a strong read. Never takes the lock. */
    boolean mayAnswerReads(long nowNanos) {
        return trustLeftNanos(nowNanos) > 0;
    }

    /** How long strong reads may go on without another lease, in nanoseconds; not above 0 when they may not now. */
    long trustLeftNanos(long nowNanos) {
        return running.trustLeftNanos(nowNanos);
    }

    // ---- others ----

    /** The region's log takes nothing more: nothing can be promised, followed or led here. */
    void logFailed(Throwable cause) {
        running.fail("the region's log failed: " + cause.getMessage(), null);
    }

    /** It is to be dropped: no request reaches it any more. */
    void close() {
        closed = true;
        running.close();
    }

    boolean isClosed() {
        return closed;
    }

    /** The last entry that it knows to be committed. */
    LogIndex committed() {
        return running.look(Replica::committed);
    }

    /** The oldest view that it still takes part in. */
    ViewNumber promised() {
        return running.look(Replica::promised);
    }

    ShardReport report() {
        // A leader whose disk hangs keeps its leases, and what others commit is not applied here.
        boolean failed = running.isFailed() || log.health().state() == LogHealth.State.STALLED;
        return running.look(it -> {
            ShardReport.Builder report = ShardReport.newBuilder()
                    .setShardId(id().value())
                    .setView(told.number().value())
                    .setPromised(it.promised().value())
                    .setLeader(!failed && it.isLeader())
                    .setAppliedIndex(store.appliedIndex().value())
                    .setLastIndex(it.last().index().value())
                    .setRows(store.rowCount())
                    .setServing(!failed && running.isServing())
                    .setSchemaVersion(store.schema().version())
                    .setIndexesLeft(store.indexesLeft())
                    .setCopiedBytes(copiedBytes)
                    .setFailed(failed)
                    .setSilentView(!failed && it.isSilent() ? it.promised().value() : 0);
            it.caughtUpLearners().forEach(learner -> report.addCaughtUpLearners(learner.value()));
            return report.build();
        });
    }
}
