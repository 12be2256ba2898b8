package io.mds.master.membership;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.TermTasks;
import io.mds.master.metadata.Versioned;
import io.mds.master.state.ClusterState;
import io.mds.proto.ErrorCode;
import io.mds.proto.RegisterReply;
import io.mds.proto.RegisterRequest;
import io.mds.rpc.RpcConnection;
import io.mds.znode.IdCounters;
import io.mds.znode.IdentityRecord;
import io.mds.znode.RegionRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;

/**
 * Lets regions in: those that came while the metadata thread was busy are written in one multi.
 *
 * <p>Thread: the metadata thread's.
 *
 * <p>Invariant: identity, counter and znode of a new region are written in one multi, so that an id is either taken by
 * its identity for ever or was never given. No two of one multi have the same identity or address, so that each is judged
 * by what was known before it.
 */
final class Registrar {
    /** Regions in one multi, which stays well below what it may hold. */
    static final int MAX_BATCH = 200;

    private final MembershipSettings settings;
    private final ClusterState state;
    private final MetadataWriter writer;
    private final ZnodePaths paths;
    private final AccessControl access;
    private final String clusterId;
    private final Membership members;
    private final TermTasks tasks;
    private final Queue<Arrival> arrivals = new ArrayDeque<>();

    private record Arrival(RpcConnection from, RegisterRequest request, Membership.Answer answer) {}

    /**
     * A region that may come in.
     *
     * @param fresh its identity, when nobody knew it; otherwise null
     * @param writes empty when ZooKeeper has it like that already
     */
    private record Admission(
            Arrival arrival, UUID identity, RegionRecord region, IdentityRecord fresh, List<Op> writes) {}

    Registrar(
            MembershipSettings settings,
            ClusterState state,
            MetadataWriter writer,
            ZnodePaths paths,
            AccessControl access,
            String clusterId,
            Membership members,
            TermTasks tasks) {
        this.settings = settings;
        this.state = state;
        this.writer = writer;
        this.paths = paths;
        this.access = access;
        this.clusterId = clusterId;
        this.members = members;
        this.tasks = tasks;
    }

    /** Answered when those that wait for the metadata thread now have been taken, too. */
    void register(RpcConnection from, RegisterRequest request, Membership.Answer answer) {
        arrivals.add(new Arrival(from, request, answer));
        if (arrivals.size() == 1) {
            tasks.execute("registrations", this::admitAll);
        }
    }

    /** Those that wait are told that they were not taken. */
    void abandon(MdsException why) {
        arrivals.forEach(arrival -> arrival.answer().refused(why));
        arrivals.clear();
    }

    private void admitAll() throws InterruptedException {
        List<Admission> admissions = new ArrayList<>();
        Set<String> claims = new HashSet<>();
        IdCounters before = state.nextIds();
        while (!arrivals.isEmpty()
                && admissions.size() < MAX_BATCH
                && claim(claims, arrivals.peek().request())) {
            Arrival arrival = arrivals.remove();
            try {
                admissions.add(admission(arrival));
            } catch (MdsException e) {
                arrival.answer().refused(e);
            }
        }
        if (!arrivals.isEmpty()) {
            tasks.execute("registrations", this::admitAll);
        }
        try {
            write(admissions, state.nextIds().equals(before) ? null : state.nextIds());
        } catch (MdsException e) {
            admissions.forEach(admission -> admission.arrival().answer().refused(e));
            return;
        }
        for (Admission admission : admissions) {
            Arrival arrival = admission.arrival();
            Member member = members.enter(admission.identity(), admission.region(), arrival.from(), arrival.request());
            arrival.answer().registered(reply(member));
        }
        members.entered(admissions.stream()
                .map(admission -> new RegionId(admission.region().id()))
                .toList());
    }

    /** False when one before it in the same multi is the same region, or at the same address. */
    private static boolean claim(Set<String> claims, RegisterRequest request) {
        String address =
                request.getAddress().getHost() + ":" + request.getAddress().getPort();
        return claims.add(request.getIdentity().toLowerCase(Locale.ROOT)) && claims.add(address);
    }

    private void write(List<Admission> admissions, IdCounters given) throws InterruptedException {
        List<Op> operations = new ArrayList<>();
        if (given != null) {
            // Without a version: what was given away before it may be written only now.
            operations.add(Op.setData(paths.ids(), ZnodeJson.write(given), -1));
        }
        admissions.forEach(admission -> operations.addAll(admission.writes()));
        if (operations.isEmpty()) {
            return;
        }
        String others = admissions.size() == 1 ? "" : " and " + (admissions.size() - 1) + " more";
        long zxid = writer.write(
                "registration of region " + admissions.get(0).region().id() + others, operations);
        if (given != null) {
            state.ids(given, zxid);
        }
        for (Admission admission : admissions) {
            if (admission.fresh() != null) {
                state.addIdentity(admission.identity(), admission.fresh());
            }
            if (!admission.writes().isEmpty()) {
                state.putRegion(admission.region(), zxid);
            }
        }
    }

    private RegisterReply reply(Member member) {
        return RegisterReply.newBuilder()
                .setRegionId(member.id().value())
                .setCredential(access.regionCredential(member.id(), member.identity()))
                .setEpoch(writer.leadership().epoch().value())
                .setHeartbeatIntervalMs((int) settings.heartbeatInterval().toMillis())
                .setDeadAfterMs((int) settings.deadAfter().toMillis())
                .setClusterId(clusterId)
                .build();
    }

    // ---- who may come in ----

    private Admission admission(Arrival arrival) {
        RegisterRequest request = arrival.request();
        UUID identity = Registration.validated(request);
        String secretHash = Registration.hash(request);
        if (!arrival.from().isOpen()) {
            throw refused(ErrorCode.UNAVAILABLE, "register: the connection closed before its turn came");
        }
        IdentityRecord known = state.identity(identity);
        if (known == null) {
            return admit(arrival, identity, secretHash);
        }
        RegionId id = new RegionId(known.regionId());
        requireSameRegion(known, secretHash, request);
        requireFreeAddress(id, request);
        requireNoTwin(id, arrival.from(), request);
        return readmit(arrival, id, identity);
    }

    private Admission admit(Arrival arrival, UUID identity, String secretHash) {
        RegisterRequest request = arrival.request();
        if (request.getKnownRegionId() != 0) {
            throw refused(
                    ErrorCode.PERMISSION_DENIED,
                    "register: identity " + identity + " says that it is region " + request.getKnownRegionId()
                            + ", but cluster " + clusterId
                            + " does not know it: its data belongs to another cluster; check zookeeper.connect and"
                            + " zookeeper.root, or start with an empty data directory");
        }
        IdCounters counters = state.nextIds();
        RegionId id = new RegionId(counters.nextRegion());
        requireFreeAddress(id, request);
        state.give(new IdCounters(id.next().value(), counters.nextTable(), counters.nextShard()));
        IdentityRecord record = new IdentityRecord(id.value(), secretHash, now());
        RegionRecord region = recordOf(id, identity, request, now());
        return new Admission(
                arrival,
                identity,
                region,
                record,
                List.of(
                        Op.create(
                                paths.identity(identity),
                                ZnodeJson.write(record),
                                access.masters(),
                                CreateMode.PERSISTENT),
                        creation(id, identity, region)));
    }

    private Admission readmit(Arrival arrival, RegionId id, UUID identity) {
        Versioned<RegionRecord> existing = state.region(id);
        RegionRecord wanted = recordOf(
                id,
                identity,
                arrival.request(),
                existing == null ? now() : existing.value().since());
        List<Op> writes = List.of();
        if (existing == null) {
            writes = List.of(creation(id, identity, wanted));
        } else if (!existing.value().equals(wanted)) {
            writes = List.of(Op.setData(paths.region(id), ZnodeJson.write(wanted), -1));
        }
        return new Admission(arrival, identity, wanted, null, writes);
    }

    private Op creation(RegionId id, UUID identity, RegionRecord region) {
        return Op.create(paths.region(id), ZnodeJson.write(region), access.region(id, identity), CreateMode.PERSISTENT);
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
        for (Member other : members.members()) {
            if (!other.id().equals(id) && other.isUsable() && other.isAt(request.getAddress())) {
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
        Member member = members.member(id.value());
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

    private static MdsException refused(ErrorCode code, String message) {
        return MdsException.builder(code, message).withoutStackTrace().build();
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
