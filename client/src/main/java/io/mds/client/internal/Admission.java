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
final class Admission {
    /** Who waits. */
    interface Candidate {
        /** With a permit, which it gives back at its end. */
        void admitted();

        void notAdmitted(MdsException why);
    }

    private final Candidate candidate;
    private final AtomicBoolean decided = new AtomicBoolean();

    private Admission(Candidate candidate) {
        this.candidate = candidate;
    }

    static void request(ClusterAccess access, Deadline deadline, Candidate candidate) {
        if (access.limit().tryAcquire()) {
            candidate.admitted();
        } else {
            new Admission(candidate).await(access, deadline);
        }
    }

    private void await(ClusterAccess access, Deadline deadline) {
        ClientTimer.Task expiry = access.timer()
                .schedule(
                        () -> {
                            if (decided.compareAndSet(false, true)) {
                                candidate.notAdmitted(full(access, "none came free before the deadline"));
                            }
                        },
                        deadline.remainingNanos());
        boolean queued = access.limit().enqueue(() -> {
            boolean wanted = decided.compareAndSet(false, true);
            if (wanted) {
                expiry.cancel();
                candidate.admitted();
            }
            return wanted;
        });
        if (!queued && decided.compareAndSet(false, true)) {
            expiry.cancel();
            candidate.notAdmitted(full(access, "too many others wait already"));
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
