package io.mds.region.store;

import io.mds.region.wal.LogEntry;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;

/**
 * Who hears what a shard applies.
 *
 * <p><em>Thread:</em> any adds and removes; who applies, or replaces what the shard holds, tells.
 */
public final class Followers {
    private final Set<Follower> all = new CopyOnWriteArraySet<>();

    /** Hears what is applied, in order, some perhaps twice; must not block. */
    public interface Follower {
        void applied(List<LogEntry> entries);

        /** What was heard is not all: the rows came in another way, or the shard is gone. */
        void interrupted();
    }

    Followers() {}

    /** To hear of everything that is applied after this call. */
    public void add(Follower follower) {
        all.add(follower);
    }

    public void remove(Follower follower) {
        all.remove(follower);
    }

    List<ApplyResult> tell(List<LogEntry> entries, List<ApplyResult> results) {
        all.forEach(each -> each.applied(entries));
        return results;
    }

    Optional<List<ApplyResult>> tell(List<LogEntry> entries, Optional<List<ApplyResult>> results) {
        results.ifPresent(applied -> tell(entries, applied));
        return results;
    }

    void interrupt() {
        all.forEach(Follower::interrupted);
    }
}
