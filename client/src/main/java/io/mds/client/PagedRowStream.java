package io.mds.client;

import io.mds.idle.IdleSpin;
import io.mds.table.WireRow;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The rows of a {@link ScanRun}, decoded one by one on the reading thread. */
final class PagedRowStream implements RowStream {
    private final ScanRun run;
    private final IdleSpin spin;
    private final Duration timeout;
    private CompletableFuture<List<WireRow>> pending;
    private Iterator<WireRow> page = List.<WireRow>of().iterator();
    private boolean closed;

    PagedRowStream(ScanRun run, IdleSpin spin, Duration timeout) {
        this.run = run;
        this.spin = spin;
        this.timeout = timeout;
        this.pending = run.nextRows();
    }

    @Override
    public boolean hasNext() {
        if (closed) {
            return false;
        }
        if (!page.hasNext() && (pending != null || !run.isAtEnd())) {
            Calls.requireMayBlock();
            if (pending == null || pending.isCompletedExceptionally()) {
                pending = run.nextRows();
            }
            String late = "no row found within " + timeout.toMillis()
                    + " ms; the scan goes on: ask again, or use withTimeout when its filter passes few rows";
            page = Calls.awaitAtMost(spin, pending, timeout.toNanos(), late).iterator();
            pending = null;
        }
        return page.hasNext();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException(closed ? "the row stream is closed" : "no more rows");
        }
        return run.decode(page.next());
    }

    @Override
    public Optional<Duration> staleness() {
        return run.staleness();
    }

    @Override
    public void close() {
        closed = true;
        run.close();
    }
}
