package io.mds.region.replication;

import java.time.Duration;

/**
 * The times of the protocol. Replicas may differ in them: each says for how long it keeps its promises.
 *
 * @param lease for which this replica joins no newer view once it accepted an append
 * @param beat how often a leader that has nothing to send says so
 * @param silence how long a leader that should beat is not heard before its followers say so, and the leader if they are not
 * @param batch entries in one append
 * @param batchBytes bytes in one append, unless one entry alone is larger
 * @param window entries under way to one replica
 * @param appends messages with entries under way to one replica: what is written meanwhile goes together in the next
 */
public record ReplicaSettings(
        Duration lease, Duration beat, Duration silence, int batch, long batchBytes, int window, int appends) {
    public static final ReplicaSettings DEFAULTS = new ReplicaSettings(
            Duration.ofMillis(500), Duration.ofMillis(100), Duration.ofSeconds(1), 512, 1 << 20, 4_096, 2);

    private static final int BEATS_IN_A_LEASE = 5;
    private static final int LEASES_OF_SILENCE = 2;
    /** Of a lease: what the leader does not use, for clocks that do not run at the same rate. */
    private static final int DRIFT_SHARE = 10;

    public ReplicaSettings {
        if (beat.compareTo(lease) >= 0
                || silence.compareTo(lease) <= 0
                || batch < 1
                || batchBytes < 1
                || window < batch
                || appends < 1) {
            throw new IllegalArgumentException("beat " + beat.toMillis()
                    + " ms (expected: less than the lease of " + lease.toMillis() + " ms), silence "
                    + silence.toMillis() + " ms (expected: more than that), batch " + batch + ", window "
                    + window + ", appends " + appends);
        }
    }

    /** The same with another lease, and beats as often in it as before. */
    public ReplicaSettings withLease(Duration other) {
        return new ReplicaSettings(
                other,
                other.dividedBy(BEATS_IN_A_LEASE),
                other.multipliedBy(LEASES_OF_SILENCE),
                batch,
                batchBytes,
                window,
                appends);
    }

    /** How long a leader trusts a lease, from the sending of what was accepted. */
    static long trustedNanos(long leaseNanos) {
        return leaseNanos - leaseNanos / DRIFT_SHARE;
    }
}
