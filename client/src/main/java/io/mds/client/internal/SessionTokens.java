package io.mds.client.internal;

import com.google.protobuf.CodedInputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Session tokens: what a session has seen, as text that goes into a header, a cookie or a command line.
 *
 * <pre>
 *   s1.BASE64URL( flags:varint count:varint ( shard id, less the one before:varint  index, 0 when in doubt:varint )* crc32:4 )
 * </pre>
 *
 * <p>Another version of the format would have another number after the s. The check sum finds what was cut off or mistyped; it
 * is no protection against forgery, and need not be one: an index that nobody has costs the forger's reads their speed.
 */
public final class SessionTokens {
    /** Shards that a session notes. */
    public static final int MAX_SHARDS = 1024;

    private static final int FULL = 1;
    private static final int MAX_VARINT = 10;
    private static final String PREFIX = "s1.";
    private static final TokenText TEXT = new TokenText(
            "session", PREFIX, PREFIX.length() + (2 * MAX_VARINT * (MAX_SHARDS + 1) + Integer.BYTES) * 4 / 3 + 1);

    private SessionTokens() {}

    public static String write(SeenIndexes seen) {
        SeenIndexes.Snapshot snapshot = seen.snapshot();
        return TEXT.write(out -> {
            out.writeUInt32NoTag(snapshot.full() ? FULL : 0);
            out.writeUInt32NoTag(snapshot.indexes().size());
            long before = 0;
            for (Map.Entry<Long, Long> shard : snapshot.indexes().entrySet()) {
                out.writeUInt64NoTag(shard.getKey() - before);
                out.writeUInt64NoTag(Math.max(0, shard.getValue()));
                before = shard.getKey();
            }
        });
    }

    /** @throws io.mds.error.MdsException INVALID_ARGUMENT when it is not a token */
    public static SeenIndexes read(String token) {
        return SeenIndexes.of(TEXT.read(token, SessionTokens::parse), MAX_SHARDS);
    }

    private static SeenIndexes.Snapshot parse(CodedInputStream in) throws IOException {
        int flags = in.readUInt32();
        int count = in.readUInt32();
        if (flags < 0 || flags > FULL || count < 0 || count > MAX_SHARDS) {
            throw TEXT.malformed("it has flags " + flags + " and " + count + " shards");
        }
        TreeMap<Long, Long> indexes = new TreeMap<>();
        long shard = 0;
        for (int i = 0; i < count; i++) {
            long step = in.readUInt64();
            long index = in.readUInt64();
            if (step < 1 || shard + step < shard || index < 0) {
                throw TEXT.malformed("its shard number " + i + " is impossible");
            }
            shard += step;
            indexes.put(shard, index == 0 ? SeenIndexes.LEADER_ONLY : index);
        }
        return new SeenIndexes.Snapshot(indexes, flags == FULL);
    }
}
