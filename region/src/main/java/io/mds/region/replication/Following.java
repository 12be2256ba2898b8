package io.mds.region.replication;

import io.mds.id.LogIndex;
import io.mds.id.RegionId;
import io.mds.id.ViewNumber;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.List;
import java.util.function.Consumer;

/** What a follower knows of the leader that it follows in a view: how far its own log is the leader's, and when that sent. */
final class Following {
    private final RegionId leader;
    private final ViewNumber view;
    private final EntryLog log;
    private final Consumer<LogEntry> appender;
    private final CommitIndex commit;
    private final List<Effect> effects;
    private final NewestSent newest = new NewestSent();
    private final NewestSent newestHeard = new NewestSent();
    private final Silence silence;
    private final long leaseNanos;

    /** Whether the leader has said, last, that it goes on beating. */
    private boolean beats;

    /** Whether an append of the leader is in the log, so that there is something to vouch for. */
    private boolean tookAny;

    private long matched;

    /** @param appender puts an entry into the log, in the place of what the log has from there on */
    Following(
            RegionId leader,
            ViewNumber view,
            EntryLog log,
            Consumer<LogEntry> appender,
            CommitIndex commit,
            List<Effect> effects,
            ReplicaSettings settings,
            long nowNanos) {
        this.leader = leader;
        this.view = view;
        this.log = log;
        this.appender = appender;
        this.commit = commit;
        this.effects = effects;
        this.silence = new Silence(settings.silence(), nowNanos);
        this.leaseNanos = settings.lease().toNanos();
    }

    /** An append of the leader, in this view. Appends may come out of order. */
    void receive(Message.Append append, long nowNanos) {
        silence.heard(nowNanos);
        if (newestHeard.saw(append.sentNanos())) {
            beats = append.beating();
        }
        if (!log.has(append.previous())) {
            effects.add(new Effect.Send(leader, refusal(view, append, log)));
            return;
        }
        List<LogEntry> unknown = unknown(append.entries());
        if (!unknown.isEmpty() && unknown.get(0).index().value() <= log.lastIndex() && !log.isDurable()) {
            // An entry that is voided on its way to the disk, and comes again, would be taken for durable when its
            // first writing is, and be voided after that by what lies between. As if the append were lost: it is sent
            // again.
            return;
        }
        unknown.forEach(appender);
        tookAny = true;
        matched = Math.max(matched, append.last().value());
        newest.saw(append.sentNanos());
        commit.advanceTo(Math.min(append.committed().value(), matched));
        if (unknown.isEmpty()) {
            acknowledge();
        }
    }

    /** Time has passed in which the leader may have missed its beats. */
    void tick(long nowNanos) {
        if (beats) {
            silence.look(nowNanos);
        }
    }

    /** Whether beats of the leader are missing. */
    boolean isLeaderSilent() {
        return silence.isTooLong();
    }

    /** Whether time alone changes nothing: no beat is expected, or it has been missed already. */
    boolean isQuiet() {
        return !beats || silence.isTooLong();
    }

    private List<LogEntry> unknown(List<LogEntry> entries) {
        int known = 0;
        while (known < entries.size() && log.has(LogPosition.of(entries.get(known)))) {
            known++;
        }
        return entries.subList(known, entries.size());
    }

    /** More of its own log is on disk. */
    void durable() {
        if (tookAny) {
            acknowledge();
        }
    }

    /** It vouches for no more than what is on its disk. */
    private void acknowledge() {
        LogIndex vouched = new LogIndex(Math.min(matched, log.durableIndex()));
        effects.add(new Effect.Send(leader, new Message.Appended(view, newest.nanos(), vouched, leaseNanos)));
    }

    /**
     * The answer to an append that is not taken.
     *
     * @param because the view that the replica has promised to join
     */
    static Message refusal(ViewNumber because, Message.Append append, EntryLog log) {
        return new Message.Refused(
                because, append.previous().index(), log.last().index());
    }
}
