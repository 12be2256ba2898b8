package io.mds.client.internal;

import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Knows where masters may be. Asked by one caller at a time. */
interface MasterLocator extends AutoCloseable {

    /**
     * Addresses to try, in this order. Never blocks.
     *
     * @param unreachable where no master answered just now; null when there is none such. Who can tell when another is
     *     active waits for that a while, and otherwise names it again.
     */
    CompletableFuture<List<HostPort>> locate(HostPort unreachable, Deadline deadline);

    /** Whether it waits for another master while the one it knows is unreachable, so that it may be asked again at once. */
    boolean awaitsAnother();

    @Override
    void close();
}
