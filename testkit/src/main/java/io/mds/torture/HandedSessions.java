package io.mds.torture;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Tokens of sessions that wait for somebody to go on with them.
 *
 * <p>Invariant: at most {@link #LIMIT} wait; a session that is one too many has ended. Thread: any.
 */
final class HandedSessions {
    private static final int LIMIT = 4;

    private final AtomicInteger begun = new AtomicInteger();
    private final Queue<Handed> waiting = new ArrayDeque<>();

    /**
     * A session as it was when its last user left it.
     *
     * @param name in the history
     */
    record Handed(String name, String token) {}

    String newName() {
        return "s" + begun.incrementAndGet();
    }

    synchronized void give(Handed session) {
        if (waiting.size() < LIMIT) {
            waiting.add(session);
        }
    }

    synchronized Optional<Handed> take() {
        return Optional.ofNullable(waiting.poll());
    }
}
