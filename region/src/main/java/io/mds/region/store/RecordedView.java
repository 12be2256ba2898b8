package io.mds.region.store;

import io.mds.id.ViewNumber;

/**
 * What is recorded of a shard's views.
 *
 * @param promised the oldest that this replica still takes part in
 * @param sole the one in which it is the only replica, so that it needs nobody to go on after a restart; 0 for none
 */
public record RecordedView(ViewNumber promised, ViewNumber sole) {
    static RecordedView of(ViewNumber promised) {
        return new RecordedView(promised, new ViewNumber(0));
    }
}
