package io.mds.master.election;

import java.util.concurrent.TimeUnit;

/** Names the steps of a takeover and how long each took. */
final class StepTimer {
    private final StringBuilder text = new StringBuilder();
    private final long start = System.nanoTime();
    private long last = start;

    void done(String step) {
        long now = System.nanoTime();
        text.append(text.length() == 0 ? "" : ", ")
                .append(step)
                .append(' ')
                .append(TimeUnit.NANOSECONDS.toMillis(now - last))
                .append(" ms");
        last = now;
    }

    @Override
    public String toString() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms (" + text + ")";
    }
}
