package io.mds.master.membership;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.master.metadata.AccessControl;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.TermTasks;
import io.mds.master.metadata.Versioned;
import io.mds.master.state.ClusterState;
import io.mds.proto.ErrorCode;
import io.mds.proto.HeartbeatReply;
import io.mds.proto.HeartbeatRequest;
import io.mds.proto.RegisterReply;
import io.mds.proto.RegisterRequest;
import io.mds.rpc.RpcConnection;
import io.mds.znode.RegionRecord;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * The regions of the cluster: gives out ids, listens to heartbeats, and declares suspect and dead.
 *
 * <p>Thread: the metadata thread's.
 *
 * <p>Invariant: nobody is declared dead before a full timeout has passed since the takeover.
 */
public final class Membership {
    /** Regions whose state is written in one multi, which stays well below what it may hold. */
    static final int MAX_BATCH = 400;
    /** Of silence, after which a region is suspect. */
    private static final int MAX_INTERVALS = 3;
    /** Regions are arriving when the last one came no longer ago than this. */
    private static final Duration ARRIVING = Duration.ofSeconds(1);

    private final MembershipSettings settings;
    private final ClusterState state;
    private final MetadataWriter writer;
    private final LongSupplier nanoClock;
    private final MembershipListener listener;
    private final RegionZnodes znodes;
    private final Registrar registrar;
    private final TermTasks tasks;
    private long enteredAtNanos;
    private final Map<RegionId, Member> members = new TreeMap<>();
    private final Map<Long, Member> byId = new HashMap<>();
    private final Map<RpcConnection, Member> byConnection = new IdentityHashMap<>();
    /** Those of whom something else is recorded than what is known, as far as they have been met. */
    private final Set<Member> doubtful = new LinkedHashSet<>();

    /** Told how a registration ended. */
    public interface Answer {
        void registered(RegisterReply reply);

        void refused(MdsException error);
    }

    private record Verdict(Member member, RegionState state, String reason) {
        void apply() {
            member.transition(state, reason);
        }
    }

    public Membership(
            MembershipSettings settings,
            ClusterState state,
            MetadataWriter writer,
            ZnodePaths paths,
            AccessControl access,
            String clusterId,
            TermTasks tasks,
            LongSupplier nanoClock,
            MembershipListener listener) {
        this.settings = settings;
        this.state = state;
        this.writer = writer;
        this.znodes = new RegionZnodes(writer, paths);
        this.registrar = new Registrar(settings, state, writer, paths, access, clusterId, this, tasks);
        this.tasks = tasks;
        this.nanoClock = nanoClock;
        this.listener = listener;
        long now = nanoClock.getAsLong();
        this.enteredAtNanos = now - ARRIVING.toNanos();
        for (Versioned<RegionRecord> region : state.regions()) {
            RegionRecord record = region.value();
            RegionId id = new RegionId(record.id());
            RegionState recorded = RegionState.valueOf(record.state());
            add(new Member(id, UUID.fromString(record.identity()), recorded, record, now));
        }
    }

    private void add(Member member) {
        members.put(member.id(), member);
        byId.put(member.id().value(), member);
    }

    public Collection<Member> members() {
        return Collections.unmodifiableCollection(members.values());
    }

    /** The region, or null when it never registered or died before this master took over. */
    public Member member(long id) {
        return byId.get(id);
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

    /** Lets a region in, soon; the answer says whether. */
    public void register(RpcConnection from, RegisterRequest request, Answer answer) {
        registrar.register(from, request, answer);
    }

    /** The leadership has ended: those that wait for an answer get one. */
    public void abandon(String reason) {
        registrar.abandon(MdsException.builder(
                        ErrorCode.NOT_LEADER, "register: this master is no longer active (" + reason + "); try again")
                .withoutStackTrace()
                .build());
    }

    /** One that is let in, as it is in ZooKeeper now. */
    Member enter(UUID identity, RegionRecord record, RpcConnection from, RegisterRequest request) {
        RegionId id = new RegionId(record.id());
        long now = nanoClock.getAsLong();
        Member member = byId.get(id.value());
        if (member == null) {
            member = new Member(id, identity, RegionState.DEAD, record, now);
            add(member);
        }
        member.written(record);
        Member other = byConnection.put(from, member);
        if (other != null && other != member) {
            other.disconnected();
        }
        if (member.connection() != null && member.connection() != from) {
            byConnection.remove(member.connection());
        }
        member.registered(from, request.getStartedAtMs(), now);
        member.transition(RegionState.LIVE, "registered from " + from.peer().address());
        return member;
    }

    /** All of them have entered. */
    void entered(List<RegionId> regions) throws InterruptedException {
        List<Member> entered = regions.stream().map(id -> byId.get(id.value())).toList();
        enteredAtNanos = nanoClock.getAsLong();
        listener.joined(entered);
        for (Member member : entered) {
            // Its closing may have been heard of before it was let in.
            RpcConnection connection = member.connection();
            if (connection != null && !connection.isOpen()) {
                connectionClosed(connection);
            }
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
        if (!evaluate(member)) {
            listener.reported(member, beat.getShardsList());
        }
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
        for (Member member : members.values()) {
            if (isToChange(member)) {
                doubtful.add(member);
            }
        }
        settle();
    }

    /**
     * Compares what is known of a region with what is recorded of it. When that differs it will be recorded soon, together
     * with what differs of others.
     *
     * @return whether it differs
     */
    private boolean evaluate(Member member) {
        if (!isToChange(member)) {
            return false;
        }
        if (doubtful.add(member) && doubtful.size() == 1) {
            tasks.execute("states of regions", this::settle);
        }
        return true;
    }

    private boolean isToChange(Member member) {
        return member.state() != RegionState.DEAD && verdict(member).state() != member.state();
    }

    private Verdict verdict(Member member) {
        Duration silent = Duration.ofNanos(nanoClock.getAsLong() - member.heardAtNanos());
        if (silent.compareTo(settings.deadAfter()) >= 0) {
            return new Verdict(member, RegionState.DEAD, "silent for " + silent.toMillis() + " ms");
        }
        String suspicion = suspicion(member, silent);
        return suspicion == null
                ? new Verdict(member, RegionState.LIVE, "heard of again")
                : new Verdict(member, RegionState.SUSPECT, suspicion);
    }

    /** Records what differs: of many regions in one multi, and of no more than that at a time. */
    private void settle() throws InterruptedException {
        List<Verdict> changes = new ArrayList<>();
        List<Verdict> deaths = new ArrayList<>();
        for (Iterator<Member> left = doubtful.iterator();
                left.hasNext() && changes.size() < MAX_BATCH && deaths.size() < MAX_BATCH; ) {
            Member member = left.next();
            left.remove();
            if (isToChange(member)) {
                Verdict verdict = verdict(member);
                (verdict.state() == RegionState.DEAD ? deaths : changes).add(verdict);
            }
        }
        if (!doubtful.isEmpty()) {
            tasks.execute("states of regions", this::settle);
        }
        record(changes);
        bury(deaths);
    }

    private void record(List<Verdict> changes) throws InterruptedException {
        if (changes.isEmpty()) {
            return;
        }
        List<RegionRecord> records = changes.stream()
                .map(verdict -> withState(verdict.member().record(), verdict.state()))
                .toList();
        long zxid = znodes.write(what(changes), records);
        List<Member> back = new ArrayList<>();
        List<Member> lost = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            Verdict verdict = changes.get(i);
            state.putRegion(records.get(i), zxid);
            verdict.member().written(records.get(i));
            verdict.apply();
            (verdict.state() == RegionState.LIVE ? back : lost).add(verdict.member());
        }
        if (!lost.isEmpty()) {
            listener.lost(lost);
        }
        if (!back.isEmpty()) {
            listener.joined(back);
        }
        for (Member member : back) {
            // What its heartbeats said while it was suspect.
            listener.reported(member, List.copyOf(member.reported().values()));
        }
    }

    private static String what(List<Verdict> verdicts) {
        Verdict first = verdicts.get(0);
        String others = verdicts.size() == 1 ? "" : ", and of " + (verdicts.size() - 1) + " more";
        return "state of region " + first.member().id() + others + ": " + first.state();
    }

    private boolean isArriving() {
        return nanoClock.getAsLong() - enteredAtNanos < ARRIVING.toNanos();
    }

    private String suspicion(Member member, Duration silent) {
        if (!member.isConnected()) {
            // A region that was live under the predecessor is given one interval to find the new master, and more while
            // others still come, for which it may have to wait.
            boolean returning = !member.hasRegisteredHere() && member.state() == RegionState.LIVE;
            int intervals = isArriving() ? MAX_INTERVALS : 1;
            return returning && silent.compareTo(settings.heartbeatInterval().multipliedBy(intervals)) < 0
                    ? null
                    : "its connection is closed";
        }
        if (member.isSessionGone()) {
            return "its ZooKeeper session is gone";
        }
        return silent.compareTo(settings.heartbeatInterval().multipliedBy(MAX_INTERVALS)) < 0
                ? null
                : "silent for " + silent.toMillis() + " ms";
    }

    private void bury(List<Verdict> deaths) throws InterruptedException {
        if (deaths.isEmpty()) {
            return;
        }
        Set<RegionId> removed = znodes.remove(
                what(deaths),
                deaths.stream().map(verdict -> verdict.member().id()).toList());
        List<Verdict> buried = deaths.stream()
                .filter(verdict -> removed.contains(verdict.member().id()))
                .toList();
        if (buried.isEmpty()) {
            return;
        }
        for (Verdict verdict : buried) {
            Member member = verdict.member();
            state.removeRegion(member.id());
            if (member.connection() != null) {
                byConnection.remove(member.connection());
            }
            member.disconnected();
            verdict.apply();
        }
        listener.lost(buried.stream().map(Verdict::member).toList());
    }

    private static RegionRecord withState(RegionRecord r, RegionState state) {
        return new RegionRecord(
                r.id(), r.identity(), r.host(), r.port(), r.adminPort(), r.version(), state.name(), r.since());
    }
}
