package io.mds.torture.check;

import java.util.BitSet;

/**
 * A state of a row that is possible now, and which of the operations under way have taken effect in it.
 *
 * <p>Thread: confined to one search.
 */
final class Configuration {
    final Register register;
    /** Operations that will return, and have taken effect. */
    final BitSet known;
    /** Operations of unknown outcome that have taken effect. */
    final BitSet unknown;

    Configuration(Register register, BitSet known, BitSet unknown) {
        this.register = register;
        this.known = known;
        this.unknown = unknown;
    }

    Configuration copy() {
        return new Configuration(register, (BitSet) known.clone(), (BitSet) unknown.clone());
    }

    /** Whether whatever can follow the other, which has the same {@link Frontier.Place}, can follow this one. */
    boolean covers(Configuration other) {
        if (!register.coversVersionOf(other.register)) {
            return false;
        }
        BitSet more = (BitSet) unknown.clone();
        more.andNot(other.unknown);
        return more.isEmpty();
    }
}
