package io.mds.client;

import io.mds.client.internal.SeenIndexes;
import io.mds.client.internal.SessionTokens;

/**
 * What somebody has written and seen, so that reads on any replica see at least that: of a user, say, whose requests are
 * served by several processes, which hand on the {@linkplain #token() token}.
 *
 * <p>Tables take part with {@link Table#within(Session)}. Their writes, and the answers of all their reads, are noted. A
 * session costs no connection and needs no end. It notes 1,024 shards; those beyond are read from their leaders only.
 *
 * <p><em>Thread:</em> safe for use by any number of threads.
 */
public final class Session {
    private final SeenIndexes seen;

    private Session(SeenIndexes seen) {
        this.seen = seen;
    }

    /** A session that has seen nothing; as {@link MdsClient#newSession()}. */
    public static Session begin() {
        return new Session(new SeenIndexes(SessionTokens.MAX_SHARDS));
    }

    /**
     * A session that has seen what the one of this token had. The token must be of the same cluster.
     *
     * @throws io.mds.error.MdsException INVALID_ARGUMENT when it is not a token, or is damaged
     */
    public static Session fromToken(String token) {
        return new Session(SessionTokens.read(token));
    }

    /**
     * What the session has seen up to now: letters, digits, '.', '-' and '_', some six for each shard, 28,000 at the very
     * most. It does not change when the session goes on.
     */
    public String token() {
        return SessionTokens.write(seen);
    }

    SeenIndexes seen() {
        return seen;
    }

    @Override
    public String toString() {
        return "Session[" + token() + "]";
    }
}
