package io.mds.region.wal;

/** Follows the log as a whole. Called on the log thread: must not block and must not throw. */
public interface LogObserver {
    /**
     * The listeners of all entries of one batch were called: the moment to hand the collected work over, once.
     *
     * @param bytes of these entries
     */
    default void batchEnded(int bytes) {}

    /** The log is poisoned: a write or a force failed, and no append will ever succeed again. Called once. */
    default void poisoned(Throwable cause) {}
}
