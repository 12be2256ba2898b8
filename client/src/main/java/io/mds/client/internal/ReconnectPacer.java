package io.mds.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The pause of one client before it goes to a master that all clients have been told of at the same moment.
 *
 * <p>Ten thousand of them must not come at once: they spread over some seconds, in which nobody misses anything but news. A
 * client with a call that waits for the master comes nearly at once, also when the call begins during the pause.
 *
 * <p><em>Thread:</em> any. The timer is called outside the lock.
 */
public final class ReconnectPacer {
    /** Over which clients come of which no call waits. */
    public static final Duration SPREAD = Duration.ofSeconds(4);

    /** Over which those come that are waited for. */
    public static final Duration HURRIED_SPREAD = Duration.ofMillis(100);

    /** Runs something after so many nanoseconds. */
    public interface Timer {
        void schedule(Runnable step, long nanos);
    }

    private final Timer timer;

    @GuardedBy("this")
    private boolean hurried;

    @GuardedBy("this")
    private Runnable waiting;

    public ReconnectPacer(Timer timer) {
        this.timer = timer;
    }

    /** Somewhere in the spread: also when a client whose master went begins to look for another. */
    public static long spreadNanos() {
        return somewhereIn(SPREAD);
    }

    private static long somewhereIn(Duration spread) {
        return ThreadLocalRandom.current().nextLong(spread.toNanos());
    }

    /** Goes on with the step, once, after the pause. */
    public void pause(Runnable step) {
        AtomicBoolean begun = new AtomicBoolean();
        Runnable once = () -> {
            if (begun.compareAndSet(false, true)) {
                step.run();
            }
        };
        Duration spread;
        synchronized (this) {
            waiting = once;
            spread = hurried ? HURRIED_SPREAD : SPREAD;
        }
        timer.schedule(once, somewhereIn(spread));
    }

    /** A call waits: the pause is a short one from now on, and one that has begun is cut short. */
    public void hurry() {
        Runnable step;
        synchronized (this) {
            step = hurried ? null : waiting;
            hurried = true;
        }
        if (step != null) {
            timer.schedule(step, somewhereIn(HURRIED_SPREAD));
        }
    }
}
