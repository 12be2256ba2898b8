package io.mds.master.membership;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.Versioned;
import io.mds.master.state.ClusterState;
import io.mds.proto.ErrorCode;
import io.mds.proto.HeartbeatReply;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.RegisterReply;
import io.mds.proto.RegisterRequest;
import io.mds.rpc.RpcConnection;
import io.mds.znode.IdCounters;
import io.mds.znode.IdentityRecord;
import io.mds.znode.RegionRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;

/**
 * The regions of the cluster: gives out ids, listens to heartbeats, and declares suspect and dead.
 *
 * <p>Thread: the metadata thread's.
 *
 * <p>Invariant: identity, counter and znode of a new region are written in one multi, so that an id is either taken by
 * its identity for ever or was never given. Nobody is declared dead before a full timeout has passed since the takeover.
 */
public final class Membership {
    private final MembershipSettings settings;
    private final ClusterState state;
    private final MetadataWriter writer;
    private final ZnodePaths paths;
    private final AccessControl access;
    private final String clusterId;
    private final LongSupplier nanoClock;
    private final MembershipListener listener;
    private final Map<RegionId, Member> members = new TreeMap<>();
    private final Map<RpcConnection, Member> byConnection = new IdentityHashMap<>();

    public Membership(
            MembershipSettings settings,
            ClusterState state,
            MetadataWriter writer,
            ZnodePaths paths,
            AccessControl access,
            String clusterId,
            LongSupplier nanoClock,
            MembershipListener listener) {
        this.settings = settings;
        this.state = state;
        this.writer = writer;
        this.paths = paths;
        this.access = access;
        this.clusterId = clusterId;
        this.nanoClock = nanoClock;
        this.listener = listener;
        long now = nanoClock.getAsLong();
        for (Versioned<RegionRecord> region : state.regions()) {
            RegionRecord record = region.value();
            RegionId id = new RegionId(record.id());
            RegionState recorded = RegionState.valueOf(record.state());
            members.put(id, new Member(id, UUID.fromString(record.identity()), recorded, record, now));
        }
    }

    public Collection<Member> members() {
        return Collections.unmodifiableCollection(members.values());
    }

    /** The region, or null when it never registered or died before this master took over. */
    public Member member(long id) {
        return members.get(new RegionId(id));
    }

    /** The region that is registered on this connection, or null. */
    public Member on(RpcConnection connection) {
        return byConnection.get(connection);
    }

    /** Regions that were live before the takeover and have not come back to this master yet. */
    public boolean isAwaitingReturns() {
        return members.values().stream().anyMatch(m -> m.state() == RegionState.LIVE && !m.isConnected());
    }

    // ---- registration ----

    public RegisterReply register(RpcConnection from, RegisterRequest request) throws InterruptedException {
        UUID identity = Registration.validated(request);
        String secretHash = Registration.hash(request);
        if (!from.isOpen()) {
            throw refused(ErrorCode.UNAVAILABLE, "register: the connection closed before its turn came");
        }
        IdentityRecord known = state.identity(identity);
        Member member;
        if (known == null) {
            member = admit(identity, secretHash, request);
        } else {
            RegionId id = new RegionId(known.regionId());
            requireSameRegion(known, secretHash, request);
            requireFreeAddress(id, request);
            requireNoTwin(id, from, request);
            member = readmit(id, identity, request);
        }
        Member other = byConnection.put(from, member);
        if (other != null && other != member) {
            other.disconnected();
        }
        if (member.connection() != null && member.connection() != from) {
            byConnection.remove(member.connection());
        }
        member.registered(from, request.getStartedAtMs(), nanoClock.getAsLong());
        member.transition(RegionState.LIVE, "registered from " + from.peer().address());
        listener.joined(member);
        return RegisterReply.newBuilder()
                .setRegionId(member.id().value())
                .setCredential(access.regionCredential(member.id(), identity))
                .setEpoch(writer.leadership().epoch().value())
                .setHeartbeatIntervalMs((int) settings.heartbeatInterval().toMillis())
                .setDeadAfterMs((int) settings.deadAfter().toMillis())
                .setClusterId(clusterId)
                .build();
    }

    private Member admit(UUID identity, String secretHash, RegisterRequest request) throws InterruptedException {
        if (request.getKnownRegionId() != 0) {
            throw refused(
                    ErrorCode.PERMISSION_DENIED,
                    "register: identity " + identity + " says that it is region " + request.getKnownRegionId()
                            + ", but cluster " + clusterId
                            + " does not know it: its data belongs to another cluster; check zookeeper.connect and"
                            + " zookeeper.root, or start with an empty data directory");
        }
        RegionId id = new RegionId(state.nextIds().nextRegion());
        requireFreeAddress(id, request);
        IdCounters counters = state.nextIds();
        IdCounters next = new IdCounters(id.next().value(), counters.nextTable(), counters.nextShard());
        state.give(next);
        IdentityRecord record = new IdentityRecord(id.value(), secretHash, now());
        RegionRecord region = recordOf(id, identity, request, now());
        long zxid = writer.write(
                "admit region " + id,
                List.of(
                        // Without a version: what was given away before it may be written only now.
                        Op.setData(paths.ids(), ZnodeJson.write(next), -1),
                        Op.create(
                                paths.identity(identity),
                                ZnodeJson.write(record),
                                access.masters(),
                                CreateMode.PERSISTENT),
                        Op.create(
                                paths.region(id),
                                ZnodeJson.write(region),
                                access.region(id, identity),
                                CreateMode.PERSISTENT)));
        state.ids(next, zxid);
        state.addIdentity(identity, record);
        state.putRegion(region, zxid);
        Member member = new Member(id, identity, RegionState.LIVE, region, nanoClock.getAsLong());
        members.put(id, member);
        return member;
    }

    private Member readmit(RegionId id, UUID identity, RegisterRequest request) throws InterruptedException {
        Member member = members.get(id);
        Versioned<RegionRecord> existing = state.region(id);
        RegionRecord wanted = recordOf(
                id,
                identity,
                request,
                existing == null ? now() : existing.value().since());
        if (existing == null) {
            long zxid = writer.write(
                    "return of region " + id,
                    List.of(Op.create(
                            paths.region(id),
                            ZnodeJson.write(wanted),
                            access.region(id, identity),
                            CreateMode.PERSISTENT)));
            state.putRegion(wanted, zxid);
        } else if (!existing.value().equals(wanted)) {
            write(id, wanted, "registration of region " + id);
        }
        if (member == null) {
            member = new Member(id, identity, RegionState.DEAD, wanted, nanoClock.getAsLong());
            members.put(id, member);
        }
        member.written(wanted);
        return member;
    }

    private void requireSameRegion(IdentityRecord known, String secretHash, RegisterRequest request) {
        if (!Registration.sameHash(known.secretHash(), secretHash)) {
            throw refused(
                    ErrorCode.UNAUTHENTICATED,
                    "register: wrong secret for identity " + request.getIdentity() + ", which is region "
                            + known.regionId());
        }
        if (request.getKnownRegionId() != 0 && request.getKnownRegionId() != known.regionId()) {
            throw refused(
                    ErrorCode.PERMISSION_DENIED,
                    "register: identity " + request.getIdentity() + " is region " + known.regionId()
                            + " of this cluster, but its data says region " + request.getKnownRegionId()
                            + ": the data belongs to another cluster");
        }
    }

    private void requireFreeAddress(RegionId id, RegisterRequest request) {
        for (Member other : members.values()) {
            if (!other.id().equals(id) && other.isUsable() && other.address().equals(request.getAddress())) {
                throw refused(
                        ErrorCode.ALREADY_EXISTS,
                        "register: address " + request.getAddress().getHost() + ":"
                                + request.getAddress().getPort() + " is in use by live region " + other.id()
                                + "; give this region another rpc.port or rpc.advertised-host");
            }
        }
    }

    /** Two processes on copies of one data directory must not both be the region. */
    private void requireNoTwin(RegionId id, RpcConnection from, RegisterRequest request) {
        Member member = members.get(id);
        if (member != null
                && member.isUsable()
                && member.connection() != from
                && member.startedAtMs() != request.getStartedAtMs()
                && !member.address().equals(request.getAddress())) {
            throw MdsException.builder(
                            ErrorCode.ALREADY_EXISTS,
                            "register: region " + id + " is alive at "
                                    + member.record().host() + ":"
                                    + member.record().port()
                                    + "; is this a second process on a copy of its data directory?")
                    .retryable(true)
                    .retryAfter(settings.heartbeatInterval())
                    .withoutStackTrace()
                    .build();
        }
    }

    // ---- heartbeats ----

    public HeartbeatReply heartbeat(RpcConnection from, HeartbeatRequest beat) throws InterruptedException {
        long epoch = writer.leadership().epoch().value();
        HeartbeatReply.Builder reply = HeartbeatReply.newBuilder().setEpoch(epoch);
        Member member = byConnection.get(from);
        if (member == null || member.id().value() != beat.getRegionId() || member.state() == RegionState.DEAD) {
            return reply.setRegisterAgain(true).build();
        }
        if (beat.getEpoch() > epoch) {
            // It has seen a later master; ZooKeeper knows whether there is one.
            writer.probe();
        }
        boolean gap = beat.getSequence() != member.lastSequence() + 1;
        member.beat(beat, nanoClock.getAsLong());
        evaluate(member);
        listener.reported(member, beat.getShardsList());
        return reply.setReportInFull(!member.hasReportedInFull() || (gap && !beat.getFull()))
                .build();
    }

    // ---- suspicion and death ----

    public void connectionClosed(RpcConnection connection) throws InterruptedException {
        Member member = byConnection.remove(connection);
        if (member != null && member.connection() == connection) {
            member.disconnected();
            evaluate(member);
        }
    }

    /** What ZooKeeper says now of the region's session znode. */
    public void sessionChecked(RegionId id, boolean present) throws InterruptedException {
        Member member = members.get(id);
        if (member != null) {
            member.session(present);
            evaluate(member);
        }
    }

    /** Looks at every region; called on a timer. */
    public void tick() throws InterruptedException {
        for (Member member : new ArrayList<>(members.values())) {
            evaluate(member);
        }
    }

    /** Compares what is known of a region with what is recorded of it, and records the difference. */
    private void evaluate(Member member) throws InterruptedException {
        if (member.state() == RegionState.DEAD) {
            return;
        }
        Duration silent = Duration.ofNanos(nanoClock.getAsLong() - member.heardAtNanos());
        if (silent.compareTo(settings.deadAfter()) >= 0) {
            bury(member, "silent for " + silent.toMillis() + " ms");
            return;
        }
        String suspicion = suspicion(member, silent);
        RegionState next = suspicion == null ? RegionState.LIVE : RegionState.SUSPECT;
        if (next == member.state()) {
            return;
        }
        RegionRecord record = withState(member.record(), next);
        write(member.id(), record, "region " + member.id() + " is " + next);
        member.written(record);
        member.transition(next, suspicion == null ? "heard of again" : suspicion);
        if (next == RegionState.LIVE) {
            listener.joined(member);
        } else {
            listener.lost(member);
        }
    }

    private String suspicion(Member member, Duration silent) {
        if (!member.isConnected()) {
            // A region that was live under the predecessor is given one interval to find the new master.
            boolean returning = !member.hasRegisteredHere() && member.state() == RegionState.LIVE;
            return returning && silent.compareTo(settings.heartbeatInterval()) < 0 ? null : "its connection is closed";
        }
        if (member.isSessionGone()) {
            return "its ZooKeeper session is gone";
        }
        return silent.compareTo(settings.heartbeatInterval().multipliedBy(3)) < 0
                ? null
                : "silent for " + silent.toMillis() + " ms";
    }

    private void bury(Member member, String reason) throws InterruptedException {
        String what = "expiry of region " + member.id();
        String path = paths.region(member.id());
        String session = paths.regionSession(member.id());
        boolean removed = false;
        // The region's own session znode may come or go at any moment; a few looks are enough, the timer brings more.
        for (int attempt = 0; attempt < 3 && !removed; attempt++) {
            List<String> children = writer.read(what, () -> writer.session().children(path));
            List<Op> operations = new ArrayList<>();
            if (children.contains(ZnodePaths.nameOf(session))) {
                operations.add(Op.delete(session, -1));
            }
            operations.add(Op.delete(path, -1));
            removed = writer.attempt(what, operations, Set.of(Code.NOTEMPTY, Code.NONODE));
        }
        if (!removed) {
            return;
        }
        state.removeRegion(member.id());
        if (member.connection() != null) {
            byConnection.remove(member.connection());
        }
        member.disconnected();
        member.transition(RegionState.DEAD, reason);
        listener.lost(member);
    }

    private void write(RegionId id, RegionRecord record, String what) throws InterruptedException {
        long zxid = writer.write(what, List.of(Op.setData(paths.region(id), ZnodeJson.write(record), -1)));
        state.putRegion(record, zxid);
    }

    private static RegionRecord recordOf(RegionId id, UUID identity, RegisterRequest request, String since) {
        return new RegionRecord(
                id.value(),
                identity.toString(),
                request.getAddress().getHost(),
                request.getAddress().getPort(),
                request.getAdminPort(),
                request.getSoftwareVersion(),
                RegionState.LIVE.name(),
                since);
    }

    private static RegionRecord withState(RegionRecord r, RegionState state) {
        return new RegionRecord(
                r.id(), r.identity(), r.host(), r.port(), r.adminPort(), r.version(), state.name(), r.since());
    }

    private static MdsException refused(ErrorCode code, String message) {
        return MdsException.builder(code, message).withoutStackTrace().build();
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
