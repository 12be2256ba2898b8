package io.mds.client.internal;

import io.mds.proto.Request;
import io.mds.proto.RequestId;
import io.mds.proto.ShardRef;

/** Makes the request of one attempt of a call to a shard. Called once for each attempt. */
@FunctionalInterface
public interface ShardRequest {

    /**
     * @param id the write's identity, the same for all its attempts; null for reads
     */
    Request.Builder build(ShardRef shard, RequestId id);
}
