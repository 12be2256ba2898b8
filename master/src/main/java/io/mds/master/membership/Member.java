package io.mds.master.membership;

import io.mds.id.RegionId;
import io.mds.proto.Address;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.ShardReport;
import io.mds.rpc.RpcConnection;
import io.mds.znode.RegionRecord;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One region as the master sees it. Thread: the metadata thread's. */
public final class Member {
    private static final Logger log = LoggerFactory.getLogger(Member.class);

    private final RegionId id;
    private final UUID identity;
    private final Map<Long, ShardReport> reported = new HashMap<>();

    private RegionState state;
    private RegionRecord record;
    private RpcConnection connection;
    private long heardAtNanos;
    private long startedAtMs;
    private long lastSequence;
    private boolean reportedInFull;
    private long revision;
    private boolean registeredHere;
    private boolean sessionSeen;
    private boolean sessionGone;
    private boolean leaving;
    private HeartbeatRequest lastBeat = HeartbeatRequest.getDefaultInstance();

    Member(RegionId id, UUID identity, RegionState state, RegionRecord record, long heardAtNanos) {
        this.id = id;
        this.identity = identity;
        this.state = state;
        this.record = record;
        this.heardAtNanos = heardAtNanos;
    }

    public RegionId id() {
        return id;
    }

    public UUID identity() {
        return identity;
    }

    public RegionState state() {
        return state;
    }

    /** As last written to its znode; of a dead region, the last one that was written. */
    public RegionRecord record() {
        return record;
    }

    boolean isAt(Address address) {
        return record.port() == address.getPort() && record.host().equals(address.getHost());
    }

    public Address address() {
        return Address.newBuilder()
                .setHost(record.host())
                .setPort(record.port())
                .build();
    }

    /** The connection that it registered on, or null. */
    public RpcConnection connection() {
        return connection;
    }

    public boolean isConnected() {
        return connection != null && connection.isOpen();
    }

    /** Can be given new shards. */
    public boolean isUsable() {
        return state == RegionState.LIVE && isConnected();
    }

    /** Has said that it is about to end: it is given nothing. */
    public boolean isLeaving() {
        return leaving;
    }

    /** It is about to end. */
    public void leaves() {
        leaving = true;
    }

    /** Has told all its shards since it registered here; until then what it lacks is not known. */
    public boolean hasReportedInFull() {
        return reportedInFull;
    }

    public Map<Long, ShardReport> reported() {
        return Collections.unmodifiableMap(reported);
    }

    /** Another number whenever it has said that it holds other shards, or in other views, than it said before. */
    public long revision() {
        return revision;
    }

    public HeartbeatRequest lastBeat() {
        return lastBeat;
    }

    public long heardAtNanos() {
        return heardAtNanos;
    }

    boolean isSessionGone() {
        return sessionSeen && sessionGone;
    }

    /** Has registered since this master took over. */
    boolean hasRegisteredHere() {
        return registeredHere;
    }

    long startedAtMs() {
        return startedAtMs;
    }

    long lastSequence() {
        return lastSequence;
    }

    void registered(RpcConnection from, long startedAt, long nowNanos) {
        connection = from;
        registeredHere = true;
        leaving = false;
        startedAtMs = startedAt;
        heardAtNanos = nowNanos;
        lastSequence = 0;
        reportedInFull = false;
        sessionSeen = false;
        sessionGone = false;
        revision++;
        reported.clear();
    }

    void disconnected() {
        connection = null;
        reportedInFull = false;
        revision++;
        reported.clear();
    }

    void beat(HeartbeatRequest beat, long nowNanos) {
        heardAtNanos = nowNanos;
        lastSequence = beat.getSequence();
        lastBeat = beat.toBuilder().clearShards().build();
        if (beat.getFull()) {
            reported.clear();
            revision++;
            reportedInFull = true;
        }
        for (ShardReport report : beat.getShardsList()) {
            revise(reported.put(report.getShardId(), report), report);
        }
    }

    /**
     * Takes over what an answer of it says of some of its shards. A heartbeat that was sent after it may have been read
     * before it, and has said more: it stands, but for what only ever goes one way within a view.
     */
    public void answered(List<ShardReport> reports) {
        for (ShardReport report : reports) {
            ShardReport before = reported.get(report.getShardId());
            ShardReport after = before == null ? report : newer(before, report);
            revise(reported.put(report.getShardId(), after), after);
        }
    }

    private void revise(ShardReport before, ShardReport after) {
        if (before == null || before.getView() != after.getView()) {
            revision++;
        }
    }

    private static ShardReport newer(ShardReport known, ShardReport answer) {
        if (answer.getView() != known.getView()) {
            return answer.getView() > known.getView() ? answer : known;
        }
        boolean startedServing = answer.getServing() && answer.getLeader() && !known.getServing();
        return startedServing || answer.getAppliedIndex() > known.getAppliedIndex() ? answer : known;
    }

    /** It has confirmed that it removed this shard. */
    public void dropped(long shardId) {
        revision++;
        reported.remove(shardId);
    }

    void session(boolean present) {
        sessionSeen |= present;
        sessionGone = !present;
    }

    void written(RegionRecord next) {
        record = next;
    }

    void transition(RegionState next, String reason) {
        if (state == next) {
            return;
        }
        if (!state.canBecome(next)) {
            throw new IllegalStateException("region " + id + ": " + state + " -> " + next + " (" + reason + ")");
        }
        log.info("region {}: {} -> {}: {}", id, state, next, reason);
        state = next;
    }

    @Override
    public String toString() {
        return "region " + id;
    }
}
