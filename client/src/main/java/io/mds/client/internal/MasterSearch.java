package io.mds.client.internal;

import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One search for the active master, until it is found or given up. Asked by one caller at a time. */
interface MasterSearch extends AutoCloseable {

    /**
     * Where masters may be.
     *
     * @param addresses to try, in this order
     * @param awaited whether this is news, of which all clients that search hear at this moment
     */
    record Found(List<HostPort> addresses, boolean awaited) {}

    /**
     * Addresses to try: the first time those that are known, after that those that are worth another try. Never blocks.
     */
    CompletableFuture<Found> next(Deadline deadline);

    /** Whether it can be asked again, and waits for another master while the one that it named is unreachable. */
    boolean awaitsAnother();

    /** Why it has found none yet, for people; null when nothing is known to be wrong. */
    String obstacle();

    @Override
    void close();
}
