package io.mds.master.procedures;

/** Whom a procedure tells that it can go on, when that is not because of a region. Thread: the metadata thread's. */
interface Progress {
    void goOn(String table) throws InterruptedException;
}
