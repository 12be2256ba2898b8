package io.mds.master.election;

import io.mds.master.metadata.MetadataWriter;

/**
 * What a master does with a leadership: loads the state, serves, and lets go.
 *
 * <p>Thread: the election thread calls all three, in this order.
 */
public interface Term {
    /** Reads the state from ZooKeeper and resumes what the predecessor left unfinished. */
    void load(MetadataWriter writer) throws InterruptedException;

    /** The address is published: answer from now on. */
    void serve();

    /** The leadership has ended, whether or not it came to {@link #serve}. Must be safe at any point and not block. */
    void end(String reason);

    /**
     * Fails when the term's own threads make no progress, which costs the leadership.
     *
     * @return null, or what is stuck
     */
    String stuck();
}
