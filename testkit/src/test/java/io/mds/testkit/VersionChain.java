package io.mds.testkit;

import io.mds.client.Key;
import io.mds.client.Row;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One thread that reads a row and writes it again under the condition that its version is the one read, all the
 * time while members die. Nobody else writes the row, so every value it reads is known beforehand, but for a write whose
 * outcome is unknown, and a condition that fails is a fault.
 */
final class VersionChain implements AutoCloseable {
    private final Table table;
    private final Key key;
    private final Thread thread;
    private final AtomicLong links = new AtomicLong();
    private volatile boolean stopping;
    private volatile String problem;

    private VersionChain(Table table, String name) {
        this.table = table;
        this.key = Key.of(name, 0L);
        this.thread = new Thread(this::run, "chain-" + name);
        this.thread.setDaemon(true);
    }

    /** @param table one with the key (worker STRING, n INT64) and the column value INT64 */
    static VersionChain start(Table table, String name) {
        VersionChain chain = new VersionChain(table, name);
        table.insert(Row.of("worker", name, "n", 0L, "value", 0L));
        chain.thread.start();
        return chain;
    }

    private void run() {
        long value = 0;
        boolean maybeNext = false;
        while (!stopping) {
            try {
                Row row = table.get(key).orElseThrow();
                long read = row.getLong("value");
                if (read != value && !(maybeNext && read == value + 1)) {
                    fail("read " + read + " where " + value + (maybeNext ? " or the next" : "") + " was written");
                    return;
                }
                if (read != value) {
                    value = read;
                    maybeNext = false;
                }
                table.update(key, Update.set("value", value + 1).ifVersion(row.version()));
                value++;
                // Whatever was under way until now had an older version for its condition.
                maybeNext = false;
                links.incrementAndGet();
            } catch (MdsException e) {
                switch (e.outcome()) {
                    case UNKNOWN -> maybeNext = true;
                    default -> {
                        // A write of unknown outcome may be applied even after the read that did not see it.
                        boolean overtaken = maybeNext && e.code() == ErrorCode.CONDITION_FAILED;
                        if (!overtaken && SteadyWriter.isFault(e)) {
                            fail(e.toString());
                            return;
                        }
                    }
                }
            }
            SteadyWriter.pause();
        }
    }

    private void fail(String what) {
        problem = key + " after " + links.get() + " links: " + what;
    }

    long links() {
        return links.get();
    }

    void stop() {
        stopping = true;
        SteadyWriter.join(thread);
    }

    /** Empty while every read and every condition was as it had to be. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public void close() {
        stop();
    }
}
