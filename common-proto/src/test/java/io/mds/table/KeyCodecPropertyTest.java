package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class KeyCodecPropertyTest {
    /** Two keys of one table; the second often shares leading columns with the first. */
    record KeyPair(List<ColumnType> types, Object[] left, Object[] right) {
        KeyCodec codec() {
            return new KeyCodec(TestingValues.keyOf(types));
        }

        int compareValues() {
            for (int i = 0; i < left.length; i++) {
                ColumnType type = types.get(i);
                int order = Values.compare(type, type.normalize(left[i]), type.normalize(right[i]));
                if (order != 0) {
                    return order;
                }
            }
            return 0;
        }

        int equalLeadingColumns() {
            int equal = 0;
            while (equal < left.length
                    && Values.equal(
                            types.get(equal),
                            types.get(equal).normalize(left[equal]),
                            types.get(equal).normalize(right[equal]))) {
                equal++;
            }
            return equal;
        }
    }

    @Provide
    Arbitrary<KeyPair> singleColumnKeys() {
        return TestingValues.keyTypes().list().ofSize(1).flatMap(KeyCodecPropertyTest::pair);
    }

    @Provide
    Arbitrary<KeyPair> compositeKeys() {
        return TestingValues.keyTypes().list().ofMinSize(2).ofMaxSize(4).flatMap(KeyCodecPropertyTest::pair);
    }

    private static Arbitrary<KeyPair> pair(List<ColumnType> types) {
        return Combinators.combine(
                        TestingValues.keyFor(types),
                        TestingValues.keyFor(types),
                        Arbitraries.integers().between(0, types.size()))
                .as((left, right, shared) -> {
                    System.arraycopy(left, 0, right, 0, shared);
                    return new KeyPair(types, left, right);
                });
    }

    @Property
    void byteOrderOfSingleColumnKeysIsTheOrderOfTheirValues(@ForAll("singleColumnKeys") KeyPair keys) {
        assertByteOrderIsValueOrder(keys);
    }

    @Property
    void byteOrderOfCompositeKeysIsTheOrderOfTheirValues(@ForAll("compositeKeys") KeyPair keys) {
        assertByteOrderIsValueOrder(keys);
    }

    private static void assertByteOrderIsValueOrder(KeyPair keys) {
        byte[] left = keys.codec().encode(keys.left());
        byte[] right = keys.codec().encode(keys.right());
        assertThat(Integer.signum(Arrays.compareUnsigned(left, right))).isEqualTo(Integer.signum(keys.compareValues()));
    }

    @Property
    void keysAreReadBackAsTheyWereWritten(@ForAll("compositeKeys") KeyPair keys) {
        byte[] encoded = keys.codec().encode(keys.left());
        Object[] decoded = keys.codec().decode(ByteString.copyFrom(encoded));
        for (int i = 0; i < decoded.length; i++) {
            ColumnType type = keys.types().get(i);
            assertThat(decoded[i]).isInstanceOf(type.javaType());
            assertThat(Values.equal(type, decoded[i], type.normalize(keys.left()[i])))
                    .isTrue();
        }
        assertThat(keys.codec().encode(decoded)).isEqualTo(encoded);
    }

    @Property
    void theRangeOfAPrefixHoldsExactlyTheKeysThatStartWithIt(
            @ForAll("compositeKeys") KeyPair keys, @ForAll int lengthSeed) {
        int length = Math.floorMod(lengthSeed, keys.left().length + 1);
        byte[] start = keys.codec().encodePrefix(Arrays.asList(keys.left()).subList(0, length));
        byte[] end = KeyCodec.successor(start);
        byte[] other = keys.codec().encode(keys.right());
        boolean inRange = Arrays.compareUnsigned(start, other) <= 0
                && (end.length == 0 || Arrays.compareUnsigned(other, end) < 0);
        assertThat(inRange).isEqualTo(keys.equalLeadingColumns() >= length);
    }

    @Property
    void afterAKeyComesNothingBetween(@ForAll("compositeKeys") KeyPair keys) {
        byte[] left = keys.codec().encode(keys.left());
        byte[] right = keys.codec().encode(keys.right());
        assertThat(Arrays.compareUnsigned(KeyCodec.after(left), right) <= 0)
                .isEqualTo(Arrays.compareUnsigned(left, right) < 0);
    }

    @Property
    void keysThatShareTheirPartitionKeyShareTheirShard(@ForAll("compositeKeys") KeyPair keys) {
        int shared = keys.equalLeadingColumns();
        Assume.that(shared >= 1);
        TableSchema schema = partitionedBy(keys.types(), shared);
        Partitioner partitioner = new Partitioner(schema);
        byte[] left = keys.codec().encode(keys.left());
        byte[] prefix = keys.codec().encodePrefix(Arrays.asList(keys.left()).subList(0, shared));
        assertThat(partitioner.shardOf(left)).isBetween(0, 63);
        assertThat(partitioner.shardOf(keys.codec().encode(keys.right()))).isEqualTo(partitioner.shardOf(left));
        assertThat(partitioner.shardOf(prefix)).isEqualTo(partitioner.shardOf(left));
    }

    private static TableSchema partitionedBy(List<ColumnType> types, int columns) {
        return TableSchema.fromProto(TestingValues.keyOf(types).toProto().toBuilder()
                .setPartitionColumns(columns)
                .setShards(64)
                .build());
    }

    @Property
    void validKeysAreAccepted(@ForAll("compositeKeys") KeyPair keys) {
        keys.codec().validate(ByteString.copyFrom(keys.codec().encode(keys.left())));
    }

    @Property
    void randomBytesAreAcceptedOnlyWhenTheyAreTheOneEncodingOfAKey(
            @ForAll("compositeKeys") KeyPair keys, @ForAll byte[] bytes) {
        assertAcceptedOnlyWhenCanonical(keys.codec(), bytes);
    }

    @Property
    void mutatedKeysAreAcceptedOnlyWhenTheyAreTheOneEncodingOfAKey(
            @ForAll("compositeKeys") KeyPair keys, @ForAll("mutations") List<Mutation> mutations) {
        byte[] bytes = Mutation.apply(mutations, keys.codec().encode(keys.left()));
        assertAcceptedOnlyWhenCanonical(keys.codec(), bytes);
    }

    @Provide
    Arbitrary<List<Mutation>> mutations() {
        return Mutation.some();
    }

    private static void assertAcceptedOnlyWhenCanonical(KeyCodec codec, byte[] bytes) {
        try {
            codec.validate(ByteString.copyFrom(bytes));
        } catch (MdsException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            return;
        }
        assertThat(codec.encode(codec.decode(bytes))).isEqualTo(bytes);
    }
}
