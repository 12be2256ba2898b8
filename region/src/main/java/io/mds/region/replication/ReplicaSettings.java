package io.mds.region.replication;

import java.time.Duration;

/**
 * The times of the protocol, the same on all replicas of a cluster.
 *
 * @param lease for which a replica that accepted an append joins no newer view
 * @param drift by how much less the leader trusts a lease, for clocks that do not run at the same rate
 * @param beat how often a leader that has nothing to send says so
 * @param silence how long a leader that should beat is not heard before its followers say so, and the leader if they are not
 * @param batch entries in one append
 * @param batchBytes bytes in one append, unless one entry alone is larger
 * @param window entries under way to one replica
 * @param appends messages with entries under way to one replica: what is written meanwhile goes together in the next
 */
public record ReplicaSettings(
        Duration lease,
        Duration drift,
        Duration beat,
        Duration silence,
        int batch,
        long batchBytes,
        int window,
        int appends) {
    public static final ReplicaSettings DEFAULTS = new ReplicaSettings(
            Duration.ofMillis(500),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            512,
            1 << 20,
            4_096,
            2);

    public ReplicaSettings {
        if (drift.compareTo(lease) >= 0
                || beat.compareTo(lease) >= 0
                || silence.compareTo(lease) <= 0
                || batch < 1
                || batchBytes < 1
                || window < batch
                || appends < 1) {
            throw new IllegalArgumentException("drift " + drift.toMillis() + " ms, beat " + beat.toMillis()
                    + " ms (expected: less than the lease of " + lease.toMillis() + " ms), silence "
                    + silence.toMillis() + " ms (expected: more than that), batch " + batch + ", window "
                    + window + ", appends " + appends);
        }
    }
}
