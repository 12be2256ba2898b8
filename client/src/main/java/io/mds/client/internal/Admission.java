package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.rpc.Deadline;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A call's wait for one of the client's permits, until its deadline.
 *
 * <p><em>Thread:</em> exactly one of the two outcomes is told, on whichever thread brings it.
 */
abstract class Admission {
    private final AtomicBoolean decided = new AtomicBoolean();

    abstract void admitted();

    abstract void refused(MdsException why);

    final void request(ClusterAccess access, Deadline deadline) {
        if (access.limit().tryAcquire()) {
            admitted();
            return;
        }
        ClientTimer.Task expiry = access.timer()
                .schedule(
                        () -> {
                            if (decided.compareAndSet(false, true)) {
                                refused(full(access, "none came free before the deadline"));
                            }
                        },
                        deadline.remainingNanos());
        boolean queued = access.limit().enqueue(() -> {
            boolean wanted = decided.compareAndSet(false, true);
            if (wanted) {
                expiry.cancel();
                admitted();
            }
            return wanted;
        });
        if (!queued && decided.compareAndSet(false, true)) {
            expiry.cancel();
            refused(full(access, "too many others wait already"));
        }
    }

    private static MdsException full(ClusterAccess access, String why) {
        if (access.isClosed()) {
            return ClusterAccess.clientClosed();
        }
        String limit = access.limit().permits() + " requests are under way, as many as maxInFlight allows";
        return MdsException.builder(ErrorCode.RESOURCE_EXHAUSTED, limit + ", and " + why + "; slow down")
                .withoutStackTrace()
                .build();
    }
}
