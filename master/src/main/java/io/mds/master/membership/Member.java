package io.mds.master.membership;

import io.mds.id.RegionId;
import io.mds.proto.Address;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.ShardReport;
import io.mds.rpc.RpcConnection;
import io.mds.znode.RegionRecord;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One region as the master sees it. Thread: the metadata thread's. */
public final class Member {
    private static final Logger log = LoggerFactory.getLogger(Member.class);

    private final RegionId id;
    private final UUID identity;
    private final Map<Long, ShardReport> reported = new HashMap<>();
    /** Those of which it reports something that is wrong, so that who looks for that need not look at all. */
    private final Set<Long> complaints = new HashSet<>();

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

    /** Whether it says that its replica of the shard failed. */
    public boolean hasFailed(long shardId) {
        return complaints.contains(shardId) && reported.get(shardId).getFailed();
    }

    /** The view of the shard whose leader it does not hear, or as whose leader it is not heard; 0 for none. */
    public long silentView(long shardId) {
        return complaints.contains(shardId) ? reported.get(shardId).getSilentView() : 0;
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
        forgetReports();
    }

    void disconnected() {
        connection = null;
        reportedInFull = false;
        revision++;
        forgetReports();
    }

    void beat(HeartbeatRequest beat, long nowNanos) {
        heardAtNanos = nowNanos;
        lastSequence = beat.getSequence();
        lastBeat = beat.toBuilder().clearShards().build();
        if (beat.getFull()) {
            forgetReports();
            revision++;
            reportedInFull = true;
        }
        for (ShardReport report : beat.getShardsList()) {
            take(report);
        }
    }

    /**
     * Takes over what an answer of it says of some of its shards. A heartbeat that was sent after it may have been read
     * before it, and has said more: it stands, but for what only ever goes one way within a view.
     */
    public void answered(List<ShardReport> reports) {
        for (ShardReport report : reports) {
            ShardReport before = reported.get(report.getShardId());
            take(before == null ? report : newer(before, report));
        }
    }

    private void take(ShardReport report) {
        ShardReport before = reported.put(report.getShardId(), report);
        if (before == null || before.getView() != report.getView()) {
            revision++;
        }
        if (report.getFailed() || report.getSilentView() != 0) {
            complaints.add(report.getShardId());
        } else if (!complaints.isEmpty()) {
            complaints.remove(report.getShardId());
        }
    }

    private void forgetReports() {
        reported.clear();
        complaints.clear();
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
        complaints.remove(shardId);
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
