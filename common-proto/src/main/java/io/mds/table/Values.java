package io.mds.table;

import com.google.protobuf.ByteString;
import io.mds.proto.Value;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;

/** Single typed values: to and from their proto form, and their order. */
public final class Values {
    static final int UUID_BYTES = 16;

    private Values() {}

    /**
     * A value of this type as a proto; null becomes a Value without kind.
     *
     * @throws IllegalArgumentException when the value is not of this type
     */
    public static Value toProto(ColumnType type, Object value) {
        if (value == null) {
            return Value.getDefaultInstance();
        }
        Object normal = type.normalize(value);
        Value.Builder proto = Value.newBuilder();
        switch (type) {
            case BOOLEAN -> proto.setBoolean((Boolean) normal);
            case INT32 -> proto.setInt32((Integer) normal);
            case INT64 -> proto.setInt64((Long) normal);
            case DOUBLE -> proto.setDouble((Double) normal);
            case DECIMAL -> proto.setDecimal(normal.toString());
            case STRING -> proto.setString((String) normal);
            case BYTES -> proto.setBytes(ByteString.copyFrom((byte[]) normal));
            case TIMESTAMP -> proto.setTimestampUs(ColumnType.toMicros((Instant) normal));
            case UUID -> proto.setUuid(ByteString.copyFrom(ColumnType.toBytes((UUID) normal)));
            case JSON -> proto.setJson((String) normal);
        }
        return proto.build();
    }

    /**
     * The Java value of a proto of this type; null for a Value without kind.
     *
     * @throws IllegalArgumentException when it is of another type or malformed
     */
    public static Object fromProto(ColumnType type, Value proto) {
        if (proto.getKindCase() == Value.KindCase.KIND_NOT_SET) {
            return null;
        }
        if (proto.getKindCase() != type.kind()) {
            throw new IllegalArgumentException(
                    "a value of type " + proto.getKindCase().name().replace("_US", "") + " (expected: " + type + ")");
        }
        return type.normalize(
                switch (type) {
                    case BOOLEAN -> proto.getBoolean();
                    case INT32 -> proto.getInt32();
                    case INT64 -> proto.getInt64();
                    case DOUBLE -> proto.getDouble();
                    case DECIMAL -> DecimalText.parse(proto.getDecimal());
                    case STRING -> proto.getString();
                    case BYTES -> proto.getBytes().toByteArray();
                    case TIMESTAMP -> ColumnType.fromMicros(proto.getTimestampUs());
                    case UUID -> uuid(proto.getUuid());
                    case JSON -> proto.getJson();
                });
    }

    static UUID uuid(ByteString bytes) {
        if (bytes.size() != UUID_BYTES) {
            throw new IllegalArgumentException("a UUID of " + bytes.size() + " bytes (expected: 16)");
        }
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    /**
     * Compares two values of one type in the order that keys have: numbers by value, texts by code point, bytes and UUIDs
     * unsigned.
     */
    public static int compare(ColumnType type, Object left, Object right) {
        return switch (type) {
            case BOOLEAN -> Boolean.compare((Boolean) left, (Boolean) right);
            case INT32 -> Integer.compare((Integer) left, (Integer) right);
            case INT64 -> Long.compare((Long) left, (Long) right);
            case DOUBLE -> Double.compare((Double) left, (Double) right);
            case DECIMAL -> ((BigDecimal) left).compareTo((BigDecimal) right);
            case STRING, JSON -> compareCodePoints((String) left, (String) right);
            case BYTES -> Arrays.compareUnsigned((byte[]) left, (byte[]) right);
            case TIMESTAMP -> ((Instant) left).compareTo((Instant) right);
            case UUID -> compareUuids((UUID) left, (UUID) right);
        };
    }

    /** Unsigned, unlike {@link UUID#compareTo}. */
    private static int compareUuids(UUID left, UUID right) {
        int high = Long.compareUnsigned(left.getMostSignificantBits(), right.getMostSignificantBits());
        return high != 0 ? high : Long.compareUnsigned(left.getLeastSignificantBits(), right.getLeastSignificantBits());
    }

    /** UTF-16 order differs from UTF-8 order where surrogates meet the characters above them; this is UTF-8's. */
    private static int compareCodePoints(String left, String right) {
        int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean surrogateA = Character.isSurrogate(a);
                boolean surrogateB = Character.isSurrogate(b);
                if (surrogateA != surrogateB) {
                    return surrogateA ? 1 : -1;
                }
                return Character.compare(a, b);
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    /** Equality in the sense of {@link #compare}. */
    public static boolean equal(ColumnType type, Object left, Object right) {
        return compare(type, left, right) == 0;
    }
}
