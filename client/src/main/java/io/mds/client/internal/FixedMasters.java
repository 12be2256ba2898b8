package io.mds.client.internal;

import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** The masters that the user listed, beginning with another one at each look-up. */
final class FixedMasters implements MasterLocator {
    private final List<HostPort> masters;
    private final AtomicInteger turn = new AtomicInteger();

    FixedMasters(List<HostPort> masters) {
        this.masters = List.copyOf(masters);
    }

    @Override
    public CompletableFuture<List<HostPort>> locate(HostPort unreachable, Deadline deadline) {
        List<HostPort> rotated = new ArrayList<>(masters);
        Collections.rotate(rotated, -Math.floorMod(turn.getAndIncrement(), masters.size()));
        return CompletableFuture.completedFuture(rotated);
    }

    @Override
    public boolean awaitsAnother() {
        return false;
    }

    @Override
    public void close() {}
}
