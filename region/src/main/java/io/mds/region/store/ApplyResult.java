package io.mds.region.store;

import io.mds.id.LogIndex;
import io.mds.proto.Error;
import io.mds.proto.WriteReply;

/** The effect of one entry. */
public sealed interface ApplyResult {
    LogIndex index();

    /** The request was applied, now or by an earlier attempt, and this is its answer. */
    record Written(LogIndex index, WriteReply reply) implements ApplyResult {}

    /** The request failed and left nothing; replays of the log fail it in the same way. */
    record Refused(LogIndex index, Error error) implements ApplyResult {}

    /** A barrier, or an entry that the store had applied before and whose answer is no longer recorded. */
    record Done(LogIndex index) implements ApplyResult {}
}
