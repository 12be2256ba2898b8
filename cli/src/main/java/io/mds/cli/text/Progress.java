package io.mds.cli.text;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far a long command has come: a bar that moves on a terminal, a line every two seconds elsewhere.
 *
 * <p>Shows itself only from within {@link #update}: a command that stands still shows nothing new.
 */
public final class Progress implements AutoCloseable {
    private static final long BAR_NANOS = Duration.ofMillis(100).toNanos();
    private static final long LINE_NANOS = Duration.ofSeconds(2).toNanos();
    private static final int BAR_WIDTH = 24;
    /** Below this share the time left would be a guess. */
    private static final double ENOUGH = 0.01;

    private final PrintStream err;
    private final boolean terminal;
    private final LongSupplier nanoClock;
    private final long started;
    private long shownAt;
    private int shownWidth;

    public Progress(PrintStream err, boolean terminal, LongSupplier nanoClock) {
        this.err = err;
        this.terminal = terminal;
        this.nanoClock = nanoClock;
        this.started = nanoClock.getAsLong();
        this.shownAt = started;
    }

    /**
     * Tells how far things are.
     *
     * @param rows done so far
     * @param share done, from 0 to 1; negative when nobody knows
     */
    public void update(long rows, double share) {
        long now = nanoClock.getAsLong();
        if (now - shownAt < (terminal ? BAR_NANOS : LINE_NANOS)) {
            return;
        }
        shownAt = now;
        String line = line(rows, share, Duration.ofNanos(now - started), terminal);
        if (terminal) {
            err.print("\r" + line + " ".repeat(Math.max(0, shownWidth - line.length())));
            err.flush();
            shownWidth = line.length();
        } else {
            err.println(line);
        }
    }

    public Duration elapsed() {
        return Duration.ofNanos(nanoClock.getAsLong() - started);
    }

    /** Takes the bar away. */
    @Override
    public void close() {
        if (shownWidth > 0) {
            err.print("\r" + " ".repeat(shownWidth) + "\r");
            err.flush();
            shownWidth = 0;
        }
    }

    static String line(long rows, double share, Duration elapsed, boolean bar) {
        double known = Math.min(1, share);
        StringBuilder line = new StringBuilder();
        if (bar && share >= 0) {
            int full = (int) (known * BAR_WIDTH);
            line.append('[')
                    .append("=".repeat(full))
                    .append(full < BAR_WIDTH ? ">" : "")
                    .append(" ".repeat(Math.max(0, BAR_WIDTH - full - 1)))
                    .append("] ");
        }
        if (share >= 0) {
            line.append(String.format(Locale.ROOT, "%3d%%  ", (int) (known * 100)));
        }
        line.append(Cells.count(rows, "row", "rows")).append("  ").append(rate(rows, elapsed));
        if (known >= ENOUGH) {
            Duration left = Duration.ofMillis((long) (elapsed.toMillis() * (1 - known) / known));
            line.append("  ").append(Cells.duration(left)).append(" left");
        }
        return line.toString();
    }

    /** 8,210 rows/s */
    public static String rate(long rows, Duration elapsed) {
        return Cells.count((long) (rows * 1000.0 / Math.max(1, elapsed.toMillis()))) + " rows/s";
    }
}
