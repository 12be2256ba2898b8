package io.mds.idle;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;

/**
 * Decides how long a thread that has nothing to do looks for work before it blocks.
 *
 * <p>Waking a blocked thread on an idle machine takes tens of microseconds, most of the time of a small request. Looking
 * for a moment longer avoids that, and costs nothing that anybody misses as long as three things hold, each of which is
 * watched: the core is not wanted by another thread (a yield returns at once), work does come within the time (else it
 * is left for a while), and there is more than one core.
 *
 * <p>Thread: confined to the one that looks for work.
 */
public final class IdleSpin {
    /** Long enough for the answer of another process of this machine, the length of a few wake-ups. */
    public static final Duration DEFAULT_LIMIT = Duration.of(200, ChronoUnit.MICROS);

    /** A yield that takes longer has let another thread run. */
    private static final long CROWDED_NANOS = TimeUnit.MICROSECONDS.toNanos(10);

    private static final long LEAVE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int MISSES_ALLOWED = 3;

    private final long limitNanos;
    private boolean looking;
    private long since;
    private boolean left;
    private long leftUntil;
    private int misses;

    /**
     * @param limit time to look before blocking; zero for blocking at once
     */
    public IdleSpin(Duration limit) {
        this.limitNanos = Runtime.getRuntime().availableProcessors() > 1 ? limit.toNanos() : 0;
    }

    /** To be called when there was nothing to do: whether to look again rather than block. */
    @SuppressWarnings("ThreadPriorityCheck") // the yield is how a thread learns that its core is wanted
    public boolean lookAgain() {
        if (limitNanos == 0) {
            return false;
        }
        long now = System.nanoTime();
        if (!looking) {
            if (left && now - leftUntil < 0) {
                return false;
            }
            left = false;
            looking = true;
            since = now;
        }
        if (now - since > limitNanos) {
            looking = false;
            misses++;
            if (misses > MISSES_ALLOWED) {
                leave(now);
            }
            return false;
        }
        Thread.yield();
        if (System.nanoTime() - now > CROWDED_NANOS) {
            looking = false;
            leave(now);
            return false;
        }
        return true;
    }

    private void leave(long now) {
        left = true;
        leftUntil = now + LEAVE_NANOS;
    }

    /** To be called when there was something to do. */
    public void found() {
        if (looking) {
            looking = false;
            misses = 0;
        }
    }
}
