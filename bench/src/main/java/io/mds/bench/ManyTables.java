package io.mds.bench;

import io.mds.testkit.ClusterView;
import io.mds.znode.IdCounters;
import java.util.List;
import java.util.UUID;
import java.util.function.IntConsumer;

/**
 * Metadata of more and more tables, of one shard and one replica each, all on one region that is away.
 *
 * <p>Thread: one.
 */
final class ManyTables {
    private static final int TOLD_EVERY = 20_000;
    private static final UUID ABSENT = new UUID(0x6162_7365_6e74_4000L, 0x8000_0000_0000_0001L);

    private final TableZnodes znodes;
    private final ClusterView view;
    private final IntConsumer progress;
    private long absentRegion;
    private int written;

    /** @param progress told now and then how many tables there are */
    ManyTables(TableZnodes znodes, ClusterView view, IntConsumer progress) {
        this.znodes = znodes;
        this.view = view;
        this.progress = progress;
    }

    /** Writes more until there are so many. No master may run. */
    void grow(int count) {
        if (absentRegion == 0) {
            absentRegion =
                    znodes.writeAbsentRegion(ABSENT, view.regions().get(0)).value();
        }
        while (written < count) {
            int more = Math.min(TOLD_EVERY, count - written);
            IdCounters ids = znodes.nextIds();
            znodes.write(TablePlan.of(more, 1, 1, List.of(absentRegion), ids.nextTable(), ids.nextShard())
                    .namedFrom(written));
            written += more;
            if (written < count) {
                progress.accept(written);
            }
        }
    }
}
