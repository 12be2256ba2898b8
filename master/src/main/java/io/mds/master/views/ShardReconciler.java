package io.mds.master.views;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.master.membership.Member;
import io.mds.master.metadata.MetadataWriter;
import io.mds.master.metadata.TermTasks;
import io.mds.master.routes.RouteBuilder;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.TableState;
import io.mds.proto.Address;
import io.mds.proto.DropShardsRequest;
import io.mds.proto.OpenShard;
import io.mds.proto.OpenShardsRequest;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ShardReport;
import io.mds.rpc.Deadline;
import io.mds.rpc.RpcConnection;
import io.mds.znode.ShardRecord;
import io.mds.znode.ZnodePaths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps each region to what it should hold: opens shards that it lacks, removes those that nobody needs any more.
 *
 * <p>Thread: the metadata thread's; answers of regions come back to it. A region has one command under way at most, of a
 * bounded number of shards; what is left follows when it has answered.
 */
public final class ShardReconciler {
    /** New shards in one command: a region makes a store table for each, so this bounds how long one answer takes. */
    static final int MAX_BATCH = 64;
    /** Shards in a command about those that the region has already. */
    static final int MAX_KNOWN_BATCH = 512;

    /**
     * Regions that are told at a time what they most likely know already. After a takeover that is every region and every
     * shard; those that lack something do not wait for it.
     */
    static final int MAX_TELLING = 100;

    private static final Logger log = LoggerFactory.getLogger(ShardReconciler.class);
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(30);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(500);
    /** A shard that may not be removed is looked at again after this. */
    private static final Duration PAUSE_AFTER_DOUBT = Duration.ofSeconds(30);

    private final ClusterState state;
    private final MetadataWriter writer;
    private final RouteBuilder routes;
    private final TermTasks tasks;
    private final LongSupplier nanoClock;
    private final DropProof proof;
    private final Map<RegionId, Told> told = new HashMap<>();
    private final Map<RegionId, Address> addresses = new HashMap<>();
    private final Map<RegionId, RpcConnection> underWay = new HashMap<>();
    private final Map<RegionId, Long> pausedUntilNanos = new HashMap<>();
    private final Map<RegionId, Long> doubtUntilNanos = new HashMap<>();
    /** Regions that held just what they should. */
    private final Map<RegionId, Kept> kept = new HashMap<>();

    private ShardListener listener = (member, shards) -> {};

    /** What a region has confirmed to have heard of its shards on its present connection, and those it does not make. */
    private record Told(RpcConnection connection, Map<Long, ToldView> views, Set<Long> refused) {}

    /** What was compared, and need not be compared again. */
    private record Kept(RpcConnection connection, long should, long does) {}

    /** The learners matter to the leader alone. */
    private record ToldView(long view, List<Long> learners) {
        static ToldView of(ShardRecord record, RegionId region) {
            return new ToldView(record.view(), record.leader() == region.value() ? record.learners() : List.of());
        }
    }

    /** Told of what regions answered. Thread: the metadata thread. */
    public interface ShardListener {
        void answered(Member member, List<ShardReport> shards) throws InterruptedException;
    }

    public ShardReconciler(
            ClusterState state,
            MetadataWriter writer,
            ZnodePaths paths,
            RouteBuilder routes,
            TermTasks tasks,
            LongSupplier nanoClock) {
        this.state = state;
        this.writer = writer;
        this.routes = routes;
        this.tasks = tasks;
        this.nanoClock = nanoClock;
        this.proof = new DropProof(writer, paths, state);
    }

    public void listener(ShardListener value) {
        listener = value;
    }

    /** Whether the member says that it leads the shard in its present view, and serves it. */
    public static boolean serves(Member member, Shard shard) {
        ShardReport report = member == null ? null : member.reported().get(shard.id());
        return report != null
                && report.getServing()
                && report.getLeader()
                && report.getView() == shard.record().view();
    }

    /**
     * Whether the member is counted on as a replica of the shard, and has said that it has none: it was away when the
     * shard was made, or lost it. It makes none by itself, for it would pretend to know what was acknowledged.
     */
    boolean isWithout(Member member, Shard shard) {
        Told last = member == null ? null : told.get(member.id());
        return last != null
                && last.connection() == member.connection()
                && last.refused().contains(shard.id())
                && !member.reported().containsKey(shard.id());
    }

    /** Compares what the region should hold with what it holds, and sends the next command when they differ. */
    public void reconcile(Member member) throws InterruptedException {
        RpcConnection connection = member.connection();
        if (!member.isConnected() || !member.hasReportedInFull()) {
            return;
        }
        if (underWay.get(member.id()) == connection || isPaused(pausedUntilNanos, member)) {
            return;
        }
        Kept now = new Kept(connection, state.revision(member.id()), member.revision());
        if (now.equals(kept.get(member.id()))) {
            return;
        }
        List<Shard> missing = missing(member);
        if (!missing.isEmpty()) {
            open(member, missing);
            return;
        }
        List<ShardReport> strays = strays(member);
        if (strays.isEmpty()) {
            if (underWay.size() < MAX_TELLING) {
                kept.put(member.id(), now);
            }
        } else if (!isPaused(doubtUntilNanos, member)) {
            drop(member, strays);
        }
    }

    private boolean isPaused(Map<RegionId, Long> until, Member member) {
        Long nanos = until.get(member.id());
        return nanos != null && nanoClock.getAsLong() - nanos < 0;
    }

    /** The region is somewhere else now: those that share shards with it are told. */
    public void placed(Member member) {
        Address before = addresses.put(member.id(), member.address());
        if (before == null || before.equals(member.address())) {
            return;
        }
        for (Shard shard : state.shardsOn(member.id())) {
            told.values().forEach(each -> each.views().remove(shard.id()));
        }
        kept.clear();
    }

    /**
     * First what the region lacks, together with the views that it has not joined: clients may wait for those, and they are
     * told many at a time. When that is nothing, what it has not been told on this connection.
     */
    private List<Shard> missing(Member member) {
        Map<Long, ToldView> heard = heard(member).views();
        List<Shard> lacking = new ArrayList<>();
        List<Shard> behind = new ArrayList<>();
        List<Shard> untold = new ArrayList<>();
        for (Shard shard : state.shardsOn(member.id())) {
            ShardRecord record = shard.record();
            long region = member.id().value();
            if (shard.table().state() == TableState.DROPPING
                    || !(record.replicas().contains(region) || record.learners().contains(region))) {
                continue;
            }
            ShardReport report = member.reported().get(shard.id());
            if (report == null) {
                add(lacking, shard, MAX_BATCH);
            } else if (report.getView() < record.view()) {
                add(behind, shard, MAX_KNOWN_BATCH);
            } else if (underWay.size() < MAX_TELLING
                    && untold.size() < MAX_KNOWN_BATCH
                    && !ToldView.of(record, member.id()).equals(heard.get(shard.id()))) {
                untold.add(shard);
            }
        }
        behind.addAll(lacking);
        return behind.isEmpty() ? untold : behind;
    }

    private static void add(List<Shard> batch, Shard shard, int limit) {
        if (batch.size() < limit) {
            batch.add(shard);
        }
    }

    private Told heard(Member member) {
        RpcConnection connection = member.connection();
        return told.compute(
                member.id(),
                (id, before) -> before != null && before.connection() == connection
                        ? before
                        : new Told(connection, new HashMap<>(), new HashSet<>()));
    }

    private List<ShardReport> strays(Member member) {
        List<ShardReport> strays = new ArrayList<>();
        for (ShardReport report : member.reported().values()) {
            Shard shard = state.shard(report.getShardId());
            if (shard == null
                    || shard.table().state() == TableState.DROPPING
                    || (!shard.isOn(member.id()) && shard.record().view() >= report.getView())) {
                strays.add(report);
                if (strays.size() == MAX_BATCH) {
                    break;
                }
            }
        }
        return strays;
    }

    private void open(Member member, List<Shard> shards) {
        OpenShardsRequest.Builder request = OpenShardsRequest.newBuilder()
                .setEpoch(writer.leadership().epoch().value());
        Map<Shard, ShardRecord> asked = new LinkedHashMap<>();
        for (Shard shard : shards) {
            asked.put(shard, shard.record());
            request.addShards(OpenShard.newBuilder()
                    .setSchema(shard.table().firstSchema())
                    .setView(routes.view(shard)));
        }
        String what = "open " + shards.size() + " shards on region " + member.id();
        log.debug("{}", what);
        send(member, what, Request.newBuilder().setOpenShards(request), reply -> {
            List<ShardReport> reports = reply.getOpenShards().getShardsList();
            member.answered(reports);
            opened(member, asked, reports);
            listener.answered(member, reports);
        });
    }

    private void opened(Member member, Map<Shard, ShardRecord> asked, List<ShardReport> reports) {
        Told heard = heard(member);
        Set<Long> answered = reports.stream().map(ShardReport::getShardId).collect(Collectors.toSet());
        boolean refused = false;
        for (Map.Entry<Shard, ShardRecord> each : asked.entrySet()) {
            long id = each.getKey().id();
            ShardReport report = member.reported().get(id);
            if (answered.contains(id)) {
                heard.refused().remove(id);
            } else {
                heard.refused().add(id);
            }
            if (report == null || report.getView() < each.getValue().view()) {
                refused = true;
            } else {
                heard.views().put(id, ToldView.of(each.getValue(), member.id()));
            }
        }
        if (refused) {
            // It has promised a newer view, or has no replica, for example. It is asked again, but not at once.
            pausedUntilNanos.put(member.id(), nanoClock.getAsLong() + PAUSE_AFTER_FAILURE.toNanos());
        }
    }

    private void drop(Member member, List<ShardReport> strays) throws InterruptedException {
        List<Long> removable = proof.removable(member.id(), strays);
        if (removable.isEmpty()) {
            doubtUntilNanos.put(member.id(), nanoClock.getAsLong() + PAUSE_AFTER_DOUBT.toNanos());
            return;
        }
        DropShardsRequest request = DropShardsRequest.newBuilder()
                .setEpoch(writer.leadership().epoch().value())
                .addAllShardIds(removable)
                .build();
        String what = "remove " + removable.size() + " shards on region " + member.id();
        log.info("{}: {}", what, removable);
        send(member, what, Request.newBuilder().setDropShards(request), reply -> {
            removable.forEach(member::dropped);
            removable.forEach(heard(member).views()::remove);
            removable.forEach(heard(member).refused()::remove);
            listener.answered(member, List.of());
        });
    }

    private interface Answer {
        void accept(Reply reply) throws InterruptedException;
    }

    private void send(Member member, String what, Request.Builder request, Answer onReply) {
        RpcConnection connection = member.connection();
        underWay.put(member.id(), connection);
        // Its outcome, either way, is dealt with in the completion.
        var unused = connection
                .call(request, Deadline.after(COMMAND_LIMIT))
                .whenComplete((reply, failure) -> tasks.execute(what, () -> {
                    underWay.remove(member.id(), connection);
                    if (member.connection() != connection) {
                        return;
                    }
                    if (failure != null) {
                        failed(member, what, failure);
                        return;
                    }
                    onReply.accept(reply);
                    reconcile(member);
                }));
    }

    private void failed(Member member, String what, Throwable failure) {
        Throwable cause = failure.getCause() instanceof MdsException ? failure.getCause() : failure;
        log.warn("{}: {}; trying again", what, cause.getMessage());
        pausedUntilNanos.put(member.id(), nanoClock.getAsLong() + PAUSE_AFTER_FAILURE.toNanos());
    }
}
