package io.mds.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.proto.RequestId;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class WriteSlotsTest {
    private final WriteSlots slots = new WriteSlots(new UUID(1, 2), 3);

    @Test
    void aSlotsSequenceGrowsWithEachWrite() {
        WriteSlots.Slot slot = slots.take();
        RequestId first = slot.id();
        slots.release(slot);
        RequestId second = slots.take().id();
        assertThat(second.getSlot()).isEqualTo(first.getSlot());
        assertThat(second.getSequence()).isEqualTo(first.getSequence() + 1);
        assertThat(second.getClientId()).isEqualTo(first.getClientId()).hasSize(16);
    }

    @Test
    void noTwoWritesHoldOneSlot() {
        Set<Integer> taken = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            taken.add(slots.take().id().getSlot());
        }
        assertThat(taken).containsExactly(0, 1, 2);
        assertThatThrownBy(slots::take).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void fewWritesUseFewSlots() {
        for (int i = 0; i < 100; i++) {
            WriteSlots.Slot slot = slots.take();
            assertThat(slot.id().getSlot()).isZero();
            slots.release(slot);
        }
    }

    @Test
    void aSlotOfAnUnknownWriteRestsAsLongAsThereAreOthers() {
        WriteSlots.Slot a = slots.take();
        WriteSlots.Slot b = slots.take();
        int unknown = a.id().getSlot();
        long sequence = a.id().getSequence();
        slots.release(b);
        slots.releaseUnknown(a);
        assertThat(slots.take().id().getSlot()).isEqualTo(b.id().getSlot());
        WriteSlots.Slot reused = slots.take();
        assertThat(reused.id().getSlot()).isEqualTo(unknown);
        assertThat(reused.id().getSequence()).isEqualTo(sequence + 1);
    }
}
