package io.mds.idle;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;

/**
 * Decides how long threads that have nothing to do look for work before they block.
 *
 * <p>Waking a blocked thread takes tens of microseconds, most of the time of a small request, and more still when its core
 * has gone to sleep. Looking for a moment longer avoids that, and costs nothing that anybody misses as long as three things
 * hold, each of which is watched: no other thread wants the core for long (a yield returns soon), work does come within the
 * time (else looking is left for a while), and there is more than one core.
 *
 * <p>Thread: any number may share one; what they have learnt holds for all of them. A {@link Look} is confined to its thread.
 */
public final class IdleSpin {
    /** Long enough for the answer of another process of this machine, the length of a few wake-ups. */
    public static final Duration DEFAULT_LIMIT = Duration.of(200, ChronoUnit.MICROS);

    /**
     * A yield that takes longer has let a thread run that computes. Shorter ones let those run that send, receive and answer,
     * whose work the looking thread most likely waits for.
     */
    private static final long CROWDED_NANOS = TimeUnit.MICROSECONDS.toNanos(300);

    private static final long LEAVE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int MISSES_ALLOWED = 3;

    private final long limitNanos;
    private volatile boolean left;
    private volatile long leftUntil;

    /** Without success in between; a lost count does no harm. */
    private volatile int misses;

    /**
     * @param limit time to look before blocking; zero for blocking at once
     */
    public IdleSpin(Duration limit) {
        this.limitNanos = Runtime.getRuntime().availableProcessors() > 1 ? limit.toNanos() : 0;
    }

    /** Begins to look, on the calling thread. */
    public Look look() {
        return new Look();
    }

    private boolean isLeft(long now) {
        if (left && now - leftUntil >= 0) {
            left = false;
        }
        return left;
    }

    private void leave(long now) {
        leftUntil = now + LEAVE_NANOS;
        left = true;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void missed(long now) {
        misses++;
        if (misses > MISSES_ALLOWED) {
            leave(now);
        }
    }

    /** One thread's looking for one thing after the other. */
    public final class Look {
        private boolean looking;
        private long since;

        private Look() {}

        /** To be called when there was nothing to do: whether to look again rather than block. */
        @SuppressWarnings("ThreadPriorityCheck") // the yield is how a thread learns that its core is wanted
        public boolean again() {
            if (limitNanos == 0) {
                return false;
            }
            long now = System.nanoTime();
            if (!looking) {
                if (isLeft(now)) {
                    return false;
                }
                looking = true;
                since = now;
            }
            if (now - since > limitNanos) {
                looking = false;
                missed(now);
                return false;
            }
            Thread.yield();
            long after = System.nanoTime();
            if (after - now > CROWDED_NANOS) {
                looking = false;
                leave(after);
                return false;
            }
            return true;
        }

        /** To be called when there was something to do. */
        public void found() {
            if (looking) {
                looking = false;
                if (misses != 0) {
                    misses = 0;
                }
            }
        }
    }
}
