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
import java.util.zip.CRC32;

/**
 * The text of a token that users keep and hand on: {@code PREFIX BASE64URL(body crc32:4)}. The check sum finds what was cut off
 * or mistyped; it is no protection against forgery. The prefix names kind and version.
 *
 * @param what the kind of token, for error messages
 */
record TokenText(String what, String prefix, int maxLength) {
    private static final int CRC_BYTES = 4;

    /** What is written into a token, or read from it. */
    interface Writer {
        void to(CodedOutputStream out) throws IOException;
    }

    interface Reader<T> {
        T from(CodedInputStream in) throws IOException;
    }

    String write(Writer content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            content.to(out);
            out.flush();
        } catch (IOException e) {
            throw new IllegalStateException("memory refused to be written to", e);
        }
        byte[] body = bytes.toByteArray();
        byte[] whole = ByteBuffer.allocate(body.length + CRC_BYTES)
                .put(body)
                .putInt(crc(body))
                .array();
        return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(whole);
    }

    /**
     * Reads all of a token.
     *
     * @throws MdsException INVALID_ARGUMENT when it is not one
     */
    <T> T read(String token, Reader<T> content) {
        if (!token.startsWith(prefix)) {
            throw malformed("it does not begin with " + prefix);
        }
        if (token.length() > maxLength) {
            throw malformed(token.length() + " characters (expected: at most " + maxLength + ")");
        }
        byte[] whole;
        try {
            whole = Base64.getUrlDecoder()
                    .decode(token.substring(prefix.length()).getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw malformed("after " + prefix + " it is not base64 for URLs");
        }
        if (whole.length < CRC_BYTES) {
            throw malformed("it is too short");
        }
        byte[] body = Arrays.copyOf(whole, whole.length - CRC_BYTES);
        if (ByteBuffer.wrap(whole, body.length, CRC_BYTES).getInt() != crc(body)) {
            throw malformed("its check sum is wrong: something was cut off or changed");
        }
        CodedInputStream in = CodedInputStream.newInstance(body);
        try {
            T read = content.from(in);
            if (!in.isAtEnd()) {
                throw malformed("it has something behind its end");
            }
            return read;
        } catch (IOException e) {
            throw malformed("it ends too early");
        }
    }

    MdsException malformed(String why) {
        return MdsException.builder(ErrorCode.INVALID_ARGUMENT, what + " token: " + why)
                .withoutStackTrace()
                .build();
    }

    private static int crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
