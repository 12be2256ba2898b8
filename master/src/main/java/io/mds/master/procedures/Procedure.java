package io.mds.master.procedures;

/**
 * One change of one table, from its first write to its last.
 *
 * <p>Thread: the metadata thread's. The procedures of one table run one after the other.
 */
interface Procedure {
    /** The table's name, which is what procedures queue by. */
    String table();

    /**
     * Goes as far as it can now; called again whenever something may have changed, and on a timer.
     *
     * @return true when it has finished, and answered
     */
    boolean advance() throws InterruptedException;

    /** The leadership has ended: answers who waits; what is recorded is resumed by the next master. */
    void abandon(String reason);

    /** For people: "create table files". */
    String describe();
}
