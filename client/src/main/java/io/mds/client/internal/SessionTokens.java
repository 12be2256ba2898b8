package io.mds.client.internal;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

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

    private static final String PREFIX = "s1.";
    private static final int FULL = 1;
    private static final int CRC_BYTES = 4;
    private static final int MAX_VARINT = 10;
    private static final int MAX_LENGTH = PREFIX.length() + (2 * MAX_VARINT * (MAX_SHARDS + 1) + CRC_BYTES) * 4 / 3 + 1;

    private SessionTokens() {}

    public static String write(SeenIndexes seen) {
        SeenIndexes.Snapshot snapshot = seen.snapshot();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            out.writeUInt32NoTag(snapshot.full() ? FULL : 0);
            out.writeUInt32NoTag(snapshot.indexes().size());
            long before = 0;
            for (Map.Entry<Long, Long> shard : snapshot.indexes().entrySet()) {
                out.writeUInt64NoTag(shard.getKey() - before);
                out.writeUInt64NoTag(Math.max(0, shard.getValue()));
                before = shard.getKey();
            }
            out.flush();
        } catch (IOException e) {
            throw new IllegalStateException("memory refused to be written to", e);
        }
        byte[] body = bytes.toByteArray();
        byte[] whole = ByteBuffer.allocate(body.length + CRC_BYTES)
                .put(body)
                .putInt(crc(body))
                .array();
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(whole);
    }

    /** @throws MdsException INVALID_ARGUMENT when it is not a token */
    public static SeenIndexes read(String token) {
        if (!token.startsWith(PREFIX)) {
            throw malformed("it does not begin with " + PREFIX);
        }
        if (token.length() > MAX_LENGTH) {
            throw malformed(token.length() + " characters (expected: at most " + MAX_LENGTH + ")");
        }
        byte[] whole;
        try {
            whole = Base64.getUrlDecoder()
                    .decode(token.substring(PREFIX.length()).getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw malformed("after " + PREFIX + " it is not base64 for URLs");
        }
        if (whole.length < CRC_BYTES) {
            throw malformed("it is too short");
        }
        byte[] body = Arrays.copyOf(whole, whole.length - CRC_BYTES);
        if (ByteBuffer.wrap(whole, body.length, CRC_BYTES).getInt() != crc(body)) {
            throw malformed("its check sum is wrong: something was cut off or changed");
        }
        try {
            return SeenIndexes.of(parse(CodedInputStream.newInstance(body)), MAX_SHARDS);
        } catch (IOException e) {
            throw malformed("it ends too early");
        }
    }

    private static SeenIndexes.Snapshot parse(CodedInputStream in) throws IOException {
        int flags = in.readUInt32();
        int count = in.readUInt32();
        if (flags < 0 || flags > FULL || count < 0 || count > MAX_SHARDS) {
            throw malformed("it has flags " + flags + " and " + count + " shards");
        }
        TreeMap<Long, Long> indexes = new TreeMap<>();
        long shard = 0;
        for (int i = 0; i < count; i++) {
            long step = in.readUInt64();
            long index = in.readUInt64();
            if (step < 1 || shard + step < shard || index < 0) {
                throw malformed("its shard number " + i + " is impossible");
            }
            shard += step;
            indexes.put(shard, index == 0 ? SeenIndexes.LEADER_ONLY : index);
        }
        if (!in.isAtEnd()) {
            throw malformed("it has something behind its end");
        }
        return new SeenIndexes.Snapshot(indexes, flags == FULL);
    }

    private static int crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static MdsException malformed(String why) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, "session token: " + why)
                .withoutStackTrace()
                .build();
    }
}
