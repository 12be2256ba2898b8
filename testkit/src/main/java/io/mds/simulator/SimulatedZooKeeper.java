package io.mds.simulator;

import io.mds.region.replication.View;

/** The shard's record in ZooKeeper, and the fencing epoch: changed by one writer at a time. */
final class SimulatedZooKeeper {
    /** Told of each new view before anybody else is. */
    interface Watcher {
        void changed(View before, View after);
    }

    private final Watcher watcher;
    private View view;
    private long version;
    private long epoch = 1;

    SimulatedZooKeeper(View first, Watcher watcher) {
        this.view = first;
        this.watcher = watcher;
    }

    View view() {
        return view;
    }

    long version() {
        return version;
    }

    long epoch() {
        return epoch;
    }

    void depose() {
        epoch++;
    }

    /** What a multi does that checks the epoch and the version of the record. */
    boolean write(View newView, long expectedVersion, long writersEpoch) {
        if (expectedVersion != version || writersEpoch != epoch) {
            return false;
        }
        View before = view;
        view = newView;
        version++;
        watcher.changed(before, newView);
        return true;
    }
}
