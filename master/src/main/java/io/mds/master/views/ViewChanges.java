package io.mds.master.views;

import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.master.membership.Member;
import io.mds.master.membership.Membership;
import io.mds.master.metadata.TermTasks;
import io.mds.master.state.ClusterState;
import io.mds.master.state.Shard;
import io.mds.master.state.TableState;
import io.mds.proto.Outcome;
import io.mds.proto.Request;
import io.mds.proto.SealShardsReply;
import io.mds.proto.SealShardsRequest;
import io.mds.proto.ShardReport;
import io.mds.rpc.Deadline;
import io.mds.rpc.RpcConnection;
import io.mds.znode.ShardRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Changes the views of shards: seals the old one at its replicas, chooses the leader of the next, writes that one's record.
 *
 * <p>Thread: the metadata thread's; answers of regions come back to it. Nothing waits for the network.
 *
 * <p>Invariant: between the first seal and the record nothing has happened but promises. A change that is given up, or
 * whose master is deposed, is simply begun again, with a number above all promises.
 */
final class ViewChanges {
    /** Seals in one message. */
    static final int MAX_SEALS = 1000;
    /** Under way at a time, of those that begin because nobody leads; the others begin when some of these have ended. */
    private static final int MAX_UNDER_WAY = 5_000;
    /** Of more than this, an event does not look at all: the next tick does, for all events that came until then. */
    private static final int FEW = 500;
    /** Said of each change by itself when no more than this are written together. */
    private static final int MAX_TOLD = 100;

    private static final Logger log = LoggerFactory.getLogger(ViewChanges.class);
    private static final Duration SEAL_LIMIT = Duration.ofSeconds(2);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    /** Then it is given up; whoever wanted it begins again where that is still right. */
    private static final int MAX_ROUNDS = 12;
    /** Until it has been asked for so often, a change is likely to be over soon: some seconds. */
    private static final int YOUNG_ROUNDS = 4;
    /** How long the present leader's answer is waited for before the others are asked. */
    private static final Duration LEADER_FIRST = Duration.ofSeconds(1);

    private static final Duration PAUSE_AFTER_TRANSFER = Duration.ofSeconds(10);
    /** A region that was not heard as the leader gets no chance to fail as one again for so long. */
    private static final Duration PAUSE_AFTER_SILENCE = Duration.ofSeconds(30);
    /** How long the wanted leader's answer is waited for when those of others are enough. */
    private static final Duration WANTED_LEADER = Duration.ofMillis(700);

    private final ClusterState state;
    private final Membership membership;
    private final ShardReconciler reconciler;
    private final ShardRecords records;
    private final Eligibility eligibility;
    private final long epoch;
    private final TermTasks tasks;
    private final LongSupplier nanoClock;
    private final Map<Long, ViewChange> changes = new LinkedHashMap<>();
    private final Map<Long, Long> notTransferredUntilNanos = new HashMap<>();

    ViewChanges(
            ClusterState state,
            Membership membership,
            ShardReconciler reconciler,
            ShardRecords records,
            Eligibility eligibility,
            long epoch,
            TermTasks tasks,
            LongSupplier nanoClock) {
        this.state = state;
        this.membership = membership;
        this.reconciler = reconciler;
        this.records = records;
        this.eligibility = eligibility;
        this.epoch = epoch;
        this.tasks = tasks;
        this.nanoClock = nanoClock;
    }

    boolean isUnderWay(Shard shard) {
        return changes.containsKey(shard.id());
    }

    int count() {
        return changes.size();
    }

    /** Whether any is under way that may soon be over; one that has been tried for long may never be. */
    boolean isAnyYoung() {
        return changes.values().stream().anyMatch(change -> change.rounds() <= YOUNG_ROUNDS);
    }

    /** Whether no change should begin that can wait. */
    boolean isFull() {
        return changes.size() >= MAX_UNDER_WAY;
    }

    /** False for a while after a transfer that failed, because the wanted leader's log was behind. */
    boolean mayTransfer(Shard shard) {
        Long until = notTransferredUntilNanos.get(shard.id());
        if (until != null && nanoClock.getAsLong() - until < 0) {
            return false;
        }
        notTransferredUntilNanos.remove(shard.id());
        return true;
    }

    /** Begins a change unless one of this shard is under way; it is sent with the next {@link #advance}. */
    void begin(Shard shard, ViewChange.Wish wish, ViewChange.Outcome outcome) {
        ViewChange change = changes.get(shard.id());
        if (change == null) {
            long number = Math.max(shard.record().view(), highestPromised(shard)) + 1;
            change = new ViewChange(shard, wish, number, nanoClock.getAsLong());
            changes.put(shard.id(), change);
            log.debug("{}: sealing for view {}: {}", shard, number, wish.why());
        }
        change.waiting(outcome);
    }

    /** The newest view that any of those who hold the shard has said to have promised. */
    long highestPromised(Shard shard) {
        long highest = 0;
        ShardRecord record = shard.record();
        for (List<Long> regions : List.of(record.replicas(), record.learners(), record.previous())) {
            for (long region : regions) {
                Member member = membership.member(region);
                ShardReport report = member == null ? null : member.reported().get(shard.id());
                if (report != null) {
                    highest = Math.max(highest, Math.max(report.getPromised(), report.getView()));
                }
            }
        }
        return highest;
    }

    /** After an event: sends what is due, and writes what is ready. */
    void advance() throws InterruptedException {
        if (changes.size() <= FEW) {
            tick();
        }
    }

    /** The same on a timer, however many there are. */
    void tick() throws InterruptedException {
        if (changes.isEmpty()) {
            return;
        }
        dropObsolete();
        writeReady();
        long now = nanoClock.getAsLong();
        Map<Long, List<ViewChange>> toAsk = new TreeMap<>();
        for (ViewChange change : new ArrayList<>(changes.values())) {
            if (!change.isDue(now)) {
                continue;
            }
            if (change.rounds() >= MAX_ROUNDS) {
                log.warn(
                        "{}: only regions {} of {} have sealed it ({}); beginning again later",
                        change,
                        change.sealed().keySet(),
                        ViewChoice.asked(change.shard().record()),
                        change.wish().why());
                end(change, null);
                continue;
            }
            for (long region : toAsk(change, now)) {
                toAsk.computeIfAbsent(region, r -> new ArrayList<>()).add(change);
            }
            change.asked(now + pause(change.rounds()).toNanos());
        }
        toAsk.forEach(this::ask);
    }

    private static Duration pause(int rounds) {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(rounds, 10));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    private Collection<Long> toAsk(ViewChange change, long now) {
        ShardRecord record = change.shard().record();
        Set<Long> left = new LinkedHashSet<>();
        boolean leaderFirst = change.wish().leaderFirst()
                && !change.sealed().containsKey(record.leader())
                && now - change.startedAtNanos() < LEADER_FIRST.toNanos()
                && isConnected(record.leader());
        for (long region : leaderFirst ? Set.of(record.leader()) : ViewChoice.asked(record)) {
            if (!change.sealed().containsKey(region) && !change.isUnderWay(region) && isConnected(region)) {
                left.add(region);
            }
        }
        return left;
    }

    private boolean isConnected(long region) {
        Member member = membership.member(region);
        return member != null && member.isConnected();
    }

    private void ask(long region, List<ViewChange> asked) {
        for (int from = 0; from < asked.size(); from += MAX_SEALS) {
            send(membership.member(region), asked.subList(from, Math.min(asked.size(), from + MAX_SEALS)));
        }
    }

    private void send(Member member, List<ViewChange> asked) {
        SealShardsRequest.Builder request = SealShardsRequest.newBuilder().setEpoch(epoch);
        Map<ViewChange, Long> numbers = new LinkedHashMap<>();
        for (ViewChange change : asked) {
            change.sent(member.id().value());
            numbers.put(change, change.number());
            request.addSeals(SealShardsRequest.Seal.newBuilder()
                    .setShardId(change.shard().id())
                    .setView(change.number())
                    .setReleasedView(change.releasedView()));
        }
        RpcConnection connection = member.connection();
        String what = "seal " + asked.size() + " shards at region " + member.id();
        // Its outcome, either way, is dealt with in the completion.
        var unused = connection
                .call(Request.newBuilder().setSealShards(request), Deadline.after(SEAL_LIMIT))
                .whenComplete((reply, failure) -> tasks.execute(what, () -> {
                    numbers.forEach((change, number) -> {
                        if (change.number() == number) {
                            change.ended(member.id().value());
                        }
                    });
                    if (failure == null) {
                        answered(member.id(), reply.getSealShards());
                        return;
                    }
                    Throwable cause = failure.getCause() instanceof MdsException ? failure.getCause() : failure;
                    log.info("{}: {}", what, cause.getMessage());
                }));
    }

    private void answered(RegionId region, SealShardsReply reply) throws InterruptedException {
        long now = nanoClock.getAsLong();
        for (SealShardsReply.Sealed answer : reply.getAnswersList()) {
            ViewChange change = changes.get(answer.getShardId());
            if (change == null || change.number() != answer.getView()) {
                continue;
            }
            if (answer.getSealed()) {
                ViewChoice.Position position = new ViewChoice.Position(answer.getLastView(), answer.getLastIndex());
                change.sealedBy(region.value(), position, now);
                if (region.value() == change.shard().record().leader()
                        && change.wish().leaderFirst()) {
                    change.hurry(now);
                }
            } else if (answer.getPromised() >= change.number()) {
                log.info("{}: region {} has promised view {}", change, region, answer.getPromised());
                change.raise(answer.getPromised(), now);
            }
        }
        advance();
    }

    private void dropObsolete() {
        for (ViewChange change : new ArrayList<>(changes.values())) {
            Shard shard = change.shard();
            boolean gone = state.shard(shard.id()) != shard || shard.table().state() == TableState.DROPPING;
            if (gone || !change.isCurrent()) {
                end(change, null);
            }
        }
    }

    /** The leadership has ended: those who wait are told so. */
    void abandon(String reason) {
        changes.values().forEach(change -> change.abandon(reason));
        changes.clear();
    }

    private void end(ViewChange change, ShardRecord written) {
        changes.remove(change.shard().id(), change);
        change.end(written);
    }

    private void writeReady() throws InterruptedException {
        long now = nanoClock.getAsLong();
        List<ViewChange> ready = changes.values().stream()
                .filter(change -> isReady(change, now))
                .limit(ShardRecords.MAX_AT_ONCE)
                .toList();
        if (ready.isEmpty() || !records.mayWrite()) {
            return;
        }
        Map<Long, Integer> leads = eligibility.leads();
        Map<Shard, ShardRecord> next = new LinkedHashMap<>();
        for (ViewChange change : ready) {
            ShardRecord chosen = choose(change, leads);
            next.put(change.shard(), chosen);
            leads.merge(chosen.leader(), 1, Integer::sum);
        }
        try {
            records.write("views of " + next.size() + " shards", next);
        } catch (MdsException e) {
            if (e.outcome() == Outcome.UNKNOWN) {
                ready.forEach(ViewChange::perhapsWritten);
            }
            throw e;
        } finally {
            Set<Long> concerned = new LinkedHashSet<>();
            for (ViewChange change : ready) {
                ShardRecord written = change.shard().record();
                if (written.equals(next.get(change.shard()))) {
                    tell(change, written, ready.size());
                    concerned.addAll(ViewChoice.asked(written));
                    concerned.addAll(written.learners());
                    long wanted = change.wish().leader();
                    if (change.wish().notLeader() != 0) {
                        notTransferredUntilNanos.put(written.id(), now + PAUSE_AFTER_SILENCE.toNanos());
                    } else if (wanted != 0 && wanted != written.leader()) {
                        notTransferredUntilNanos.put(written.id(), now + PAUSE_AFTER_TRANSFER.toNanos());
                    }
                    end(change, written);
                }
            }
            reconcile(concerned);
        }
        if (ready.size() > MAX_TOLD) {
            log.info("{} shards have new views; {} are under way", ready.size(), changes.size());
        }
    }

    private static void tell(ViewChange change, ShardRecord written, int together) {
        log.atLevel(together > MAX_TOLD ? Level.DEBUG : Level.INFO)
                .log(
                        "{}: led by region {}, replicas {}{}: {}",
                        change,
                        written.leader(),
                        written.replicas(),
                        written.previous().isEmpty() ? "" : ", before " + written.previous(),
                        change.wish().why());
    }

    private void reconcile(Set<Long> regions) throws InterruptedException {
        for (long region : regions) {
            Member member = membership.member(region);
            if (member != null) {
                reconciler.reconcile(member);
            }
        }
    }

    private boolean isReady(ViewChange change, long now) {
        if (!change.isEnough()) {
            return false;
        }
        long wanted = change.wish().leader();
        boolean wantedIsThere = wanted == 0 || change.sealed().containsKey(wanted) || !isConnected(wanted);
        boolean othersAreEnough = !change.candidates().containsKey(change.wish().notLeader());
        return (wantedIsThere && othersAreEnough) || now - change.enoughSinceNanos() >= WANTED_LEADER.toNanos();
    }

    private ShardRecord choose(ViewChange change, Map<Long, Integer> leads) {
        Shard shard = change.shard();
        ShardRecord from = shard.record();
        long wanted = change.wish().leader();
        Map<Long, Integer> rank = new HashMap<>();
        for (long region : ViewChoice.asked(from)) {
            rank.put(region, region == wanted ? 0 : eligibility.mayLead(region, shard) ? 1 : 2);
        }
        Comparator<Long> preference = Comparator.comparing((Long region) -> rank.getOrDefault(region, 2))
                .thenComparing(region -> leads.getOrDefault(region, 0))
                .thenComparing(Comparator.naturalOrder());
        List<Long> replicas = from.previous().isEmpty() ? change.wish().replicas() : from.replicas();
        return ViewChoice.next(from, change.number(), replicas, change.candidates(), preference);
    }
}
