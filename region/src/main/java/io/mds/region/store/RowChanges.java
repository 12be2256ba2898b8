package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rows that a batch of entries meets, as they were before it and as it leaves them. Entries see the changes of those
 * before them; only what is left at the end is kept.
 *
 * <p><em>Thread:</em> confined to the thread that applies.
 */
final class RowChanges {
    /** Stands for a row that exists and whose bytes nobody needs. */
    static final StoredRow SOME_ROW = new StoredRow(0, ByteString.EMPTY);

    private final Map<ByteString, Change> changes = new HashMap<>();
    private final List<Step> steps = new ArrayList<>();

    /** One row, before and after. */
    static final class Change {
        private final byte[] key;
        private final StoredRow before;
        private StoredRow after;

        private Change(byte[] key, StoredRow before) {
            this.key = key;
            this.before = before;
            this.after = before;
        }

        byte[] key() {
            return key;
        }

        boolean existed() {
            return before != null;
        }

        /** Null when the batch leaves no row. */
        StoredRow after() {
            return after;
        }

        /** Copies the new row out of the request that brought it, which would otherwise be kept with it. */
        private void detach() {
            if (after != null) {
                after = new StoredRow(
                        after.version(),
                        UnsafeByteOperations.unsafeWrap(after.bytes().toByteArray()));
            }
        }

        /** By identity: a row that was written again is a change even when it is equal. */
        @SuppressWarnings("ReferenceEquality")
        boolean isChange() {
            return after != before;
        }
    }

    private record Step(Change change, StoredRow previous) {}

    /** Hears of a row that a request changed. */
    interface Listener {
        /** @param rowOrNull null when the request leaves none */
        void changed(byte[] key, StoredRow rowOrNull);
    }

    /** The row as the database has it; null for none. */
    void load(ByteString key, byte[] keyBytes, StoredRow row) {
        changes.put(key, new Change(keyBytes, row));
    }

    boolean isLoaded(ByteString key) {
        return changes.containsKey(key);
    }

    /** Starts a request, up to which {@link #undo} goes back. */
    void begin() {
        steps.clear();
    }

    StoredRow get(ByteString key) {
        return change(key).after;
    }

    void put(ByteString key, StoredRow row) {
        Change change = change(key);
        steps.add(new Step(change, change.after));
        change.after = row;
    }

    private Change change(ByteString key) {
        Change change = changes.get(key);
        if (change == null) {
            throw new IllegalStateException("a row that was not loaded");
        }
        return change;
    }

    void undo() {
        for (int i = steps.size() - 1; i >= 0; i--) {
            Step step = steps.get(i);
            step.change().after = step.previous();
        }
        steps.clear();
    }

    /** Tells of the rows that the request since {@link #begin} changed, each once, as it leaves them. */
    void tell(Listener listener) {
        if (steps.size() == 1) {
            tell(steps.get(0), listener);
            return;
        }
        Set<Change> told = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Step step : steps) {
            if (told.add(step.change())) {
                tell(step, listener);
            }
        }
    }

    private static void tell(Step first, Listener listener) {
        Change change = first.change();
        if (change.after != null || first.previous() != null) {
            listener.changed(change.key, change.after);
        }
    }

    /** The rows that are different now. */
    List<Change> changed() {
        List<Change> changed = new ArrayList<>();
        for (Change change : changes.values()) {
            if (change.isChange()) {
                change.detach();
                changed.add(change);
            }
        }
        return changed;
    }
}
