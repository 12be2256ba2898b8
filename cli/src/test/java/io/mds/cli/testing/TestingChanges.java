package io.mds.cli.testing;

import io.mds.client.Change;
import io.mds.client.ChangeStream;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Changes that are known beforehand, and the end after them. */
final class TestingChanges implements ChangeStream {
    private final Iterator<Change> changes;
    private int taken;

    TestingChanges(List<Change> changes) {
        this.changes = changes.iterator();
    }

    @Override
    public boolean hasNext() {
        return changes.hasNext();
    }

    @Override
    public Change next() {
        taken++;
        return changes.next();
    }

    @Override
    public Optional<Change> poll(Duration patience) {
        return hasNext() ? Optional.of(next()) : Optional.empty();
    }

    @Override
    public CompletableFuture<Change> nextAsync() {
        return CompletableFuture.completedFuture(next());
    }

    @Override
    public String token() {
        return "w1.after-" + taken;
    }

    @Override
    public void close() {}
}
