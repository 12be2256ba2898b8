package io.mds.rpc;

import io.mds.proto.Role;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What this side says of itself in handshakes; asked at each one, since both the cluster and the region id become known
 * later than the first connection.
 *
 * @param clusterId gives the cluster id, or "" while it is not known
 * @param regionId gives the region id, or 0
 */
public record LocalIdentity(Role role, String name, Supplier<String> clusterId, LongSupplier regionId) {
    /** An identity that belongs to whatever cluster it meets. */
    public static LocalIdentity of(Role role, String name) {
        return new LocalIdentity(role, name, () -> "", () -> 0);
    }
}
