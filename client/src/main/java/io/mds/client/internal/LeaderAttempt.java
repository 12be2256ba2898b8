package io.mds.client.internal;

import io.mds.proto.Reply;
import io.mds.rpc.HostPort;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.BiConsumer;

/**
 * One request of a {@link ShardCall} under way. Ends once: by its answer, or by the news that another region leads, which a
 * leader that is paused or cut off would not tell.
 *
 * <p><em>Thread:</em> any; whoever ends it goes on with the call.
 */
final class LeaderAttempt implements BiConsumer<Reply, Throwable>, CachedTable.RoutesListener {
    private static final AtomicIntegerFieldUpdater<LeaderAttempt> OVER =
            AtomicIntegerFieldUpdater.newUpdater(LeaderAttempt.class, "over");

    private final ShardCall call;
    private final ShardTarget target;
    private final long view;
    private final HostPort region;
    private volatile int over;

    LeaderAttempt(ShardCall call, ShardTarget target, long view, HostPort region) {
        this.call = call;
        this.target = target;
        this.view = view;
        this.region = region;
    }

    boolean isOver() {
        return over != 0;
    }

    private boolean end() {
        if (!OVER.compareAndSet(this, 0, 1)) {
            return false;
        }
        target.table().stopListening(this);
        return true;
    }

    @Override
    public void accept(Reply reply, Throwable error) {
        if (end()) {
            call.ended(reply, error);
        }
    }

    @Override
    public void routesChanged(TableRoutes now) {
        if (now.tableId() != target.tableId() || now.shard(target.shard()).getView() <= view) {
            return;
        }
        HostPort leader = now.leader(target.shard());
        if (leader != null && !leader.equals(region) && end()) {
            call.overtaken();
        }
    }
}
