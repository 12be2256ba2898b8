package io.mds.master.state;

import io.mds.id.RegionId;

/** Told of what changed in a state that follows the OpLog. Thread: the follower's. */
public interface StateListener {
    /** Its record or its shards are new. */
    void tableChanged(Table table);

    void tableRemoved(String name);

    /** Its znode came, went or was written. */
    void regionChanged(RegionId region);

    StateListener NONE = new StateListener() {
        @Override
        public void tableChanged(Table table) {}

        @Override
        public void tableRemoved(String name) {}

        @Override
        public void regionChanged(RegionId region) {}
    };
}
