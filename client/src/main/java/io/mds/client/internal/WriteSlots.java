package io.mds.client.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.proto.RequestId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.UUID;

/**
 * The request ids of one client: a bounded number of slots, each with one write under way at most.
 *
 * <p>A shard remembers for each (client, slot) the last sequence it applied and its answer. The same sequence again gets that
 * answer; a smaller one is refused. So every attempt of one write carries one request id, and the slot is given to another
 * write, with the next sequence, only after the call has ended:
 *
 * <ul>
 *   <li>Ended with an answer, or certainly not applied: nothing of it is left anywhere that could still be applied and is not a
 *       duplicate.
 *   <li>Ended UNKNOWN: a late copy may still reach the shard. If the slot's next write went to the same shard before it, the copy
 *       is refused by its smaller sequence. If it went to another shard, the copy may be applied: once, because a second copy is a
 *       duplicate of the first. That is what UNKNOWN says. Such slots are put at the end of the queue, so that they rest as long as
 *       there are others.
 * </ul>
 *
 * <p>Slots are otherwise used last in, first out: a client with few writes under way uses few slots, and shards remember little.
 *
 * <p><em>Invariant:</em> sequences of a slot only grow, and no two calls hold one slot.
 *
 * <p><em>Thread:</em> any.
 */
final class WriteSlots {
    private final ByteString clientId;
    private final int slots;

    @GuardedBy("this")
    private final ArrayDeque<Slot> free = new ArrayDeque<>();

    @GuardedBy("this")
    private int created;

    WriteSlots(UUID clientId, int slots) {
        ByteBuffer bytes = ByteBuffer.allocate(16);
        bytes.putLong(clientId.getMostSignificantBits()).putLong(clientId.getLeastSignificantBits());
        this.clientId = ByteString.copyFrom(bytes.flip());
        this.slots = slots;
    }

    /** A slot and, with it, a request id. There is one for each request that {@link InFlightLimit} admits. */
    synchronized Slot take() {
        Slot slot = free.pollFirst();
        if (slot == null) {
            if (created == slots) {
                throw new IllegalStateException("no write slot free of " + slots + "; more calls admitted than slots");
            }
            slot = new Slot(created++);
        }
        slot.sequence++;
        slot.id = RequestId.newBuilder()
                .setClientId(clientId)
                .setSlot(slot.number)
                .setSequence(slot.sequence)
                .build();
        return slot;
    }

    /** The write's outcome is known. */
    synchronized void release(Slot slot) {
        free.addFirst(slot);
    }

    /** The write may still be under way somewhere. */
    synchronized void releaseUnknown(Slot slot) {
        free.addLast(slot);
    }

    /** One slot; confined to the call that holds it. */
    static final class Slot {
        private final int number;
        private long sequence;
        private RequestId id;

        private Slot(int number) {
            this.number = number;
        }

        RequestId id() {
            return id;
        }
    }
}
