package io.mds.client.internal;

import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Knows where masters may be. Asked by one caller at a time. */
interface MasterLocator extends AutoCloseable {

    /** Addresses to try, in this order. Never blocks. */
    CompletableFuture<List<HostPort>> locate(Deadline deadline);

    @Override
    void close();
}
