package io.mds.region.store;

import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.proto.Error;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.proto.RequestId;
import io.mds.proto.WriteRequest;
import io.mds.region.store.RequestRecords.Recorded;
import io.mds.region.store.ShardJournal.Addition;
import io.mds.region.store.ShardJournal.Values;
import io.mds.region.wal.LogEntry;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Lets each write of a client be applied once: answers those that were answered before, and gathers new answers for the
 * journal.
 *
 * <p><em>Thread:</em> under the shard's apply lock.
 */
final class RequestFilter {
    private static final int CLIENT_ID_BYTES = 16;

    private final RequestRecords records;
    private final Values unwritten = new Values();

    RequestFilter(RequestRecords records) {
        this.records = records;
    }

    /** The recorded answer to this write, or, when there is none, that of its application now. */
    ApplyResult once(LogEntry entry, WriteRequest request, Supplier<ApplyResult> application) {
        Optional<RequestId> id = idOf(request);
        if (id.isEmpty()) {
            return application.get();
        }
        long sequence = id.get().getSequence();
        Optional<Recorded> recorded = records.find(id.get());
        if (recorded.isPresent() && recorded.get().sequence() >= sequence) {
            return recorded.get().sequence() == sequence
                    ? answer(entry.index(), recorded.get(), true)
                    : new ApplyResult.Refused(entry.index(), outdated(id.get(), recorded.get()));
        }
        ApplyResult result = application.get();
        Recorded made = Recorded.of(sequence, entry.timestampMillis(), result);
        records.put(id.get(), made);
        unwritten.add(RequestRecords.encode(id.get(), made));
        return result;
    }

    /** The answer to an entry that is applied already, as far as it is still recorded. */
    ApplyResult again(LogEntry entry, WriteRequest request) {
        Optional<RequestId> id = idOf(request);
        if (id.isPresent()) {
            Optional<Recorded> recorded = records.find(id.get());
            if (recorded.isPresent() && recorded.get().sequence() == id.get().getSequence()) {
                return answer(entry.index(), recorded.get(), false);
            }
        }
        return new ApplyResult.Done(entry.index());
    }

    private static Optional<RequestId> idOf(WriteRequest request) {
        return request.getRequestId().getClientId().size() == CLIENT_ID_BYTES
                ? Optional.of(request.getRequestId())
                : Optional.empty();
    }

    private static ApplyResult answer(LogIndex index, Recorded recorded, boolean duplicate) {
        return recorded.success()
                ? new ApplyResult.Written(
                        index,
                        recorded.reply().toBuilder().setDuplicate(duplicate).build())
                : new ApplyResult.Refused(index, recorded.error());
    }

    private static Error outdated(RequestId request, Recorded recorded) {
        return Error.newBuilder()
                .setCode(ErrorCode.INVALID_ARGUMENT)
                .setMessage("write " + request.getSequence() + " of the client's slot " + request.getSlot()
                        + " comes after write " + recorded.sequence()
                        + "; a slot has one write under way, and its numbers only grow")
                .setOutcome(Outcome.UNKNOWN)
                .build();
    }

    /** What the next flush adds to the journal: the answers since the last call. */
    Addition takeAddition(ShardJournal journal) {
        boolean whole = journal.wantsWhole(unwritten.bytes(), records.bytes());
        if (whole) {
            unwritten.takeAll();
            records.writeAll((ByteString record) -> unwritten.add(record));
        }
        return new Addition(unwritten.takeAll(), whole);
    }
}
