package io.mds.client;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Writes to one table that are sent together: {@code Batch.atomic().upsert(row).delete(key)}, for {@link Table#write(Batch)}.
 *
 * <p>An atomic batch is applied as a whole or not at all, so all its rows must be on one shard, which rows with equal
 * partition keys are. A batch that is split by shard takes any rows; it is atomic on each shard, not over all of them.
 *
 * <p><em>Thread:</em> one at a time; not to be changed while it is being written.
 */
public final class Batch {
    /** As many operations as one batch may have. */
    public static final int MAX_OPERATIONS = 10_000;

    private final boolean atomic;
    private final List<Operation> operations = new ArrayList<>();

    private Batch(boolean atomic) {
        this.atomic = atomic;
    }

    /** All or nothing; refused when its rows are on more than one shard. */
    public static Batch atomic() {
        return new Batch(true);
    }

    /** All or nothing on each shard. */
    public static Batch splitByShard() {
        return new Batch(false);
    }

    public Batch insert(Row row) {
        return plus(new Insert(Objects.requireNonNull(row, "row")));
    }

    public Batch upsert(Row row) {
        return plus(new Upsert(Objects.requireNonNull(row, "row"), null));
    }

    public Batch upsert(Row row, Condition condition) {
        return plus(new Upsert(Objects.requireNonNull(row, "row"), Objects.requireNonNull(condition, "condition")));
    }

    public Batch update(Key key, Update update) {
        return plus(new Change(Objects.requireNonNull(key, "key"), Objects.requireNonNull(update, "update")));
    }

    public Batch delete(Key key) {
        return plus(new Delete(Objects.requireNonNull(key, "key"), null));
    }

    public Batch delete(Key key, Condition condition) {
        return plus(new Delete(Objects.requireNonNull(key, "key"), Objects.requireNonNull(condition, "condition")));
    }

    public boolean isAtomic() {
        return atomic;
    }

    public int size() {
        return operations.size();
    }

    public boolean isEmpty() {
        return operations.isEmpty();
    }

    List<Operation> operations() {
        return operations;
    }

    private Batch plus(Operation operation) {
        if (operations.size() == MAX_OPERATIONS) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT,
                    "batch of more than " + MAX_OPERATIONS + " operations; write several batches, or use upsertAll");
        }
        operations.add(operation);
        return this;
    }

    @Override
    public String toString() {
        return (atomic ? "Batch.atomic" : "Batch.splitByShard") + operations;
    }

    /** One write of a batch; conditions may be null. */
    sealed interface Operation {}

    record Insert(Row row) implements Operation {}

    record Upsert(Row row, Condition condition) implements Operation {}

    record Change(Key key, Update update) implements Operation {}

    record Delete(Key key, Condition condition) implements Operation {}
}
