package io.mds.master.state;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * A walk over all tables in their order, some at a time, so that whoever has to look at everything holds up nobody.
 *
 * <p>Tables may come and go meanwhile: one that is there from the beginning of a walk to its end is met exactly once.
 *
 * <p>Thread: the metadata thread's.
 */
public final class TableWalk {
    /** Shards looked at in one step: a few milliseconds. A table is not divided. */
    public static final int STEP = 5_000;

    private static final String BEGINNING = "";

    private final ClusterState state;
    private final int step;
    private String after = BEGINNING;

    public TableWalk(ClusterState state) {
        this(state, STEP);
    }

    TableWalk(ClusterState state, int step) {
        this.state = state;
        this.step = step;
    }

    /** Whether the next step is the first one of a walk. */
    public boolean isAtBeginning() {
        return after.equals(BEGINNING);
    }

    /** Gives this walk up. */
    public void restart() {
        after = BEGINNING;
    }

    /**
     * How long to rest after a walk that found nothing to do: longer where a walk takes many steps, so that all walks are a
     * small share of a thread however many shards there are.
     *
     * @param least the rest where there are few
     */
    public Duration rest(Duration least) {
        return least.multipliedBy(Math.max(1, state.shardCount() / step / 2));
    }

    /**
     * Goes on for one step. What is done with a table must not add or remove any.
     *
     * @return whether that was the last one; the next begins again
     */
    public boolean step(Consumer<Table> visitor) {
        int left = step;
        for (Table table : state.tablesAfter(after)) {
            if (left <= 0) {
                return false;
            }
            visitor.accept(table);
            after = table.name();
            left -= Math.max(1, table.shards().size());
        }
        after = BEGINNING;
        return true;
    }
}
