package io.mds.table;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** One damage to a byte string: a byte replaced, inserted, removed, or everything from it cut off. */
record Mutation(Kind kind, int place, byte value) {
    enum Kind {
        REPLACE,
        INSERT,
        REMOVE,
        CUT
    }

    static Arbitrary<List<Mutation>> some() {
        Arbitrary<Byte> values = Arbitraries.oneOf(
                Arbitraries.bytes(), Arbitraries.of((byte) 0, (byte) 1, (byte) 0x7F, (byte) 0x80, (byte) 0xFF));
        return Combinators.combine(
                        Arbitraries.of(Kind.class), Arbitraries.integers().greaterOrEqual(0), values)
                .as(Mutation::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(3);
    }

    static byte[] apply(List<Mutation> mutations, byte[] bytes) {
        byte[] result = bytes.clone();
        for (Mutation mutation : mutations) {
            result = mutation.apply(result);
        }
        return result;
    }

    private byte[] apply(byte[] bytes) {
        int at = bytes.length == 0 ? 0 : place % bytes.length;
        if (bytes.length == 0 || kind == Kind.INSERT) {
            byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
            System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
            longer[at] = value;
            return longer;
        }
        return switch (kind) {
            case REPLACE, INSERT -> {
                byte[] changed = bytes.clone();
                changed[at] = value;
                yield changed;
            }
            case REMOVE -> {
                byte[] shorter = Arrays.copyOf(bytes, bytes.length - 1);
                System.arraycopy(bytes, at + 1, shorter, at, bytes.length - at - 1);
                yield shorter;
            }
            case CUT -> Arrays.copyOf(bytes, at);
        };
    }
}
