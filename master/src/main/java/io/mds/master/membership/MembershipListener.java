package io.mds.master.membership;

import io.mds.proto.ShardReport;
import java.util.List;

/** Told of changes of the membership after they are in ZooKeeper. Thread: the metadata thread. */
public interface MembershipListener {
    /** They can be given shards now, or their addresses changed. */
    void joined(List<Member> members) throws InterruptedException;

    /** It said something of its shards; empty when only its life was confirmed. */
    void reported(Member member, List<ShardReport> shards) throws InterruptedException;

    /** They are suspect or dead. */
    void lost(List<Member> members) throws InterruptedException;
}
