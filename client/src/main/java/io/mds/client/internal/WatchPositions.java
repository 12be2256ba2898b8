package io.mds.client.internal;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32;

/**
 * How far the changes of a table were told, and its form as text.
 *
 * <pre>
 *   w1.BASE64URL( table id:varint count:varint ( position:varint )* crc32:4 )
 * </pre>
 *
 * <p>Another version of the format would have another number after the w. The check sum finds what was cut off or mistyped.
 *
 * @param shards the positions of the table's shards, in the order of the table
 */
public record WatchPositions(long tableId, List<Long> shards) {
    private static final String PREFIX = "w1.";
    private static final int CRC_BYTES = 4;
    private static final int MAX_SHARDS = 1 << 20;
    private static final int MAX_LENGTH = 1 << 24;

    public WatchPositions {
        shards = List.copyOf(shards);
    }

    public String write() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            out.writeUInt64NoTag(tableId);
            out.writeUInt32NoTag(shards.size());
            for (long position : shards) {
                out.writeUInt64NoTag(position);
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
    public static WatchPositions read(String token) {
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
            return parse(CodedInputStream.newInstance(body));
        } catch (IOException e) {
            throw malformed("it ends too early");
        }
    }

    private static WatchPositions parse(CodedInputStream in) throws IOException {
        long table = in.readUInt64();
        int count = in.readUInt32();
        if (table < 1 || count < 1 || count > MAX_SHARDS) {
            throw malformed("it is of table " + table + " with " + count + " shards");
        }
        List<Long> positions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long position = in.readUInt64();
            if (position < 0) {
                throw malformed("its position number " + i + " is impossible");
            }
            positions.add(position);
        }
        if (!in.isAtEnd()) {
            throw malformed("it has something behind its end");
        }
        return new WatchPositions(table, positions);
    }

    private static int crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static MdsException malformed(String why) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, "watch token: " + why)
                .withoutStackTrace()
                .build();
    }
}
