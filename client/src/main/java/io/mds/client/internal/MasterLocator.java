package io.mds.client.internal;

/** Knows where masters may be. Has one search at a time. */
interface MasterLocator extends AutoCloseable {

    /** Begins a search, which costs nothing until it is asked. To be closed. */
    MasterSearch search();

    @Override
    void close();
}
