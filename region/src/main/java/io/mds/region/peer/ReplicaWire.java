package io.mds.region.peer;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.ReplicaAppend;
import io.mds.proto.ReplicaAppended;
import io.mds.proto.ReplicaMessage;
import io.mds.proto.ReplicaRefused;
import io.mds.proto.ReplicatedEntry;
import io.mds.region.replication.Message;
import io.mds.region.wal.EntryType;
import io.mds.region.wal.LogEntry;
import io.mds.region.wal.LogPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The messages of the protocol, as they travel. */
public final class ReplicaWire {
    private ReplicaWire() {}

    static ReplicaMessage toProto(ShardId shard, Message message, long newestAtMillis) {
        ReplicaMessage.Builder proto = ReplicaMessage.newBuilder().setShardId(shard.value());
        if (message instanceof Message.Append append) {
            proto.setAppend(toProto(append).setNewestAtMs(newestAtMillis));
        } else if (message instanceof Message.Appended appended) {
            proto.setAppended(ReplicaAppended.newBuilder()
                    .setView(appended.view().value())
                    .setSentNanos(appended.sentNanos())
                    .setMatched(appended.matched().value())
                    .setLeaseMs((int) TimeUnit.NANOSECONDS.toMillis(appended.leaseNanos())));
        } else if (message instanceof Message.Refused refused) {
            proto.setRefused(ReplicaRefused.newBuilder()
                    .setView(refused.view().value())
                    .setPrevious(refused.previous().value())
                    .setLast(refused.last().value()));
        }
        return proto.build();
    }

    private static ReplicaAppend.Builder toProto(Message.Append append) {
        ReplicaAppend.Builder proto = ReplicaAppend.newBuilder()
                .setView(append.view().value())
                .setSentNanos(append.sentNanos())
                .setPreviousView(append.previous().view().value())
                .setPreviousIndex(append.previous().index().value())
                .setCommitted(append.committed().value())
                .setBeating(append.beating());
        for (LogEntry entry : append.entries()) {
            proto.addEntries(toProto(entry));
        }
        return proto;
    }

    public static ReplicatedEntry toProto(LogEntry entry) {
        return ReplicatedEntry.newBuilder()
                .setView(entry.view().value())
                .setIndex(entry.index().value())
                .setType(entry.type().code())
                .setTimestampMs(entry.timestampMillis())
                .setPayload(entry.payload())
                .build();
    }

    public static LogEntry fromProto(ReplicatedEntry proto) {
        return new LogEntry(
                new ViewNumber(proto.getView()),
                new LogIndex(proto.getIndex()),
                EntryType.of(proto.getType()),
                proto.getTimestampMs(),
                proto.getPayload());
    }

    /**
     * @return null for what only the region itself understands
     * @throws IllegalArgumentException when it is not a message of this protocol
     */
    public static Message fromProto(ReplicaMessage proto) {
        return switch (proto.getKindCase()) {
            case APPEND -> fromProto(proto.getAppend());
            case APPENDED ->
                new Message.Appended(
                        new ViewNumber(proto.getAppended().getView()),
                        proto.getAppended().getSentNanos(),
                        new LogIndex(proto.getAppended().getMatched()),
                        TimeUnit.MILLISECONDS.toNanos(
                                Integer.toUnsignedLong(proto.getAppended().getLeaseMs())));
            case REFUSED ->
                new Message.Refused(
                        new ViewNumber(proto.getRefused().getView()),
                        new LogIndex(proto.getRefused().getPrevious()),
                        new LogIndex(proto.getRefused().getLast()));
            case BEHIND, KIND_NOT_SET -> null;
        };
    }

    private static Message fromProto(ReplicaAppend proto) {
        List<LogEntry> entries = new ArrayList<>(proto.getEntriesCount());
        long next = proto.getPreviousIndex() + 1;
        for (ReplicatedEntry entry : proto.getEntriesList()) {
            if (entry.getIndex() != next++) {
                throw new IllegalArgumentException(
                        "an append with entry " + entry.getIndex() + " where " + (next - 1) + " belongs");
            }
            entries.add(fromProto(entry));
        }
        return new Message.Append(
                new ViewNumber(proto.getView()),
                proto.getSentNanos(),
                new LogPosition(new ViewNumber(proto.getPreviousView()), new LogIndex(proto.getPreviousIndex())),
                entries,
                new LogIndex(proto.getCommitted()),
                proto.getBeating());
    }
}
