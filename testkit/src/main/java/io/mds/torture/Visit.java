package io.mds.torture;

import io.mds.client.Session;
import io.mds.client.Table;
import io.mds.torture.check.Operation.Call;
import io.mds.torture.check.Operation.Level;
import java.util.Random;

/**
 * In which session a player is now, if in any: one that it began, or that another player left, who may use another client.
 *
 * <p>Thread: confined to its player.
 */
final class Visit {
    private static final int OPERATIONS = 30;
    private static final long[] BOUNDS_MS = {20, 100, 500, 2_000};

    private final String client;
    private final Table plain;
    private final HandedSessions handed;
    private final Random random;
    /** Null while in no session but the client's. */
    private Session session;

    private String name;
    private Table table;

    /**
     * @param client names the session that is the client itself
     */
    Visit(String client, Table plain, HandedSessions handed, Random random) {
        this.client = client;
        this.plain = plain;
        this.handed = handed;
        this.random = random;
        leave();
    }

    /** What to send operations to. */
    Table table() {
        return table;
    }

    /** The call as one of the session, and at some level when it is a read. */
    Call part(Call call) {
        Call leveled = call.kind().isRead() ? leveled(call) : call;
        boolean unnoticed = session == null && call.kind().isRead() && leveled.level() == Level.STRONG;
        // A client by itself does not note what strong reads show.
        return unnoticed ? leveled : leveled.within(name);
    }

    private Call leveled(Call call) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> call;
            case 4, 5 -> call.at(Level.SESSION);
            case 6 -> call.at(Level.EVENTUAL);
            default -> call.atMostOld(BOUNDS_MS[random.nextInt(BOUNDS_MS.length)]);
        };
    }

    /** Now and then leaves the session, and enters another or none. */
    void mayEnd() {
        if (random.nextInt(OPERATIONS) > 0) {
            return;
        }
        HandedSessions.Handed next = handed.take().orElse(null);
        if (session != null && random.nextInt(4) > 0) {
            handed.give(new HandedSessions.Handed(name, session.token()));
        }
        if (next != null) {
            enter(next.name(), Session.fromToken(next.token()));
        } else if (random.nextInt(3) > 0) {
            enter(handed.newName(), Session.begin());
        } else {
            leave();
        }
    }

    private void enter(String other, Session of) {
        name = other;
        session = of;
        table = plain.within(of);
    }

    private void leave() {
        name = client;
        session = null;
        table = plain;
    }
}
