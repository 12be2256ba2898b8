package io.mds.master.membership;

import io.mds.proto.ShardReport;
import java.util.List;

/** Told of changes of the membership after they are in ZooKeeper. Thread: the metadata thread. */
public interface MembershipListener {
    /** It can be given shards now, or its address changed. */
    void joined(Member member) throws InterruptedException;

    /** It said something of its shards; empty when only its life was confirmed. */
    void reported(Member member, List<ShardReport> shards) throws InterruptedException;

    /** It is suspect or dead. */
    void lost(Member member) throws InterruptedException;
}
