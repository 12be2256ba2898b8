package io.mds.client.internal;

import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** The masters that the user listed, beginning with another one at each search. */
final class FixedMasters implements MasterLocator {
    private final List<HostPort> masters;
    private final AtomicInteger turn = new AtomicInteger();

    FixedMasters(List<HostPort> masters) {
        this.masters = List.copyOf(masters);
    }

    @Override
    public MasterSearch search() {
        List<HostPort> rotated = new ArrayList<>(masters);
        Collections.rotate(rotated, -Math.floorMod(turn.getAndIncrement(), masters.size()));
        return new Listed(new MasterSearch.Found(List.copyOf(rotated), false));
    }

    private record Listed(Found found) implements MasterSearch {
        @Override
        public CompletableFuture<Found> next(Deadline deadline) {
            return CompletableFuture.completedFuture(found);
        }

        @Override
        public boolean awaitsAnother() {
            return false;
        }

        @Override
        public String obstacle() {
            return null;
        }

        @Override
        public void close() {}
    }

    @Override
    public void close() {}
}
