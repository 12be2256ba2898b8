package io.mds.rpc;

import io.mds.idle.IdleSpin;
import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;
import java.time.Duration;

/** Lets an event loop look for events for a moment before it blocks in the selector. Thread: the event loop. */
final class SpinningSelect implements SelectStrategy {
    private final IdleSpin.Look spin;

    SpinningSelect(Duration limit) {
        this.spin = new IdleSpin(limit).look();
    }

    @Override
    public int calculateStrategy(IntSupplier selectNow, boolean hasTasks) throws Exception {
        if (hasTasks) {
            spin.found();
            return selectNow.get();
        }
        if (!spin.again()) {
            return SELECT;
        }
        int ready = selectNow.get();
        if (ready > 0) {
            spin.found();
            return ready;
        }
        return CONTINUE;
    }
}
