package io.mds.master.metadata;

import java.util.List;
import org.apache.zookeeper.Op;

/**
 * Writes down beside each change what it changes, in the same multi.
 *
 * <p>Thread: the writer's.
 */
public interface Journal {
    /** What is to be written beside these operations; null when there is nothing to write down. */
    Entry entryFor(List<Op> operations);

    /** The multi with this entry was done. */
    void landed(Entry entry);

    /**
     * An entry that is not written yet.
     *
     * @param path of the znode that only this entry makes
     * @param data its data, which no other entry has
     * @param operations that write it
     */
    record Entry(String path, byte[] data, List<Op> operations) {}

    /** Writes nothing down: for those who only prove the epoch. */
    Journal NONE = new Journal() {
        @Override
        public Entry entryFor(List<Op> operations) {
            return null;
        }

        @Override
        public void landed(Entry entry) {
            throw new IllegalStateException("nothing was written down");
        }
    };
}
