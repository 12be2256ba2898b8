package io.mds.cli.load;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * File names as text, without loss.
 *
 * <p>A name on Linux is bytes. Where they are no text in the encoding of the JVM's locale (any name that is not ASCII, in the
 * plain C locale), {@link Path#toString()} puts the same replacement character for all of them, and different names become
 * equal. The bytes themselves show in the path's URI: they are read as UTF-8, and where they are not that either, they are
 * spelled {@code \xE4}.
 */
final class PathText {
    private static final char REPLACEMENT = '\uFFFD';

    private PathText() {}

    static String of(Path path) {
        String text = path.toString();
        if (text.indexOf(REPLACEMENT) < 0) {
            return text;
        }
        // The URI is absolute, and ends with a slash when there happens to be a directory of this name
        String uri = path.toUri().getRawPath();
        String base = path.isAbsolute() ? "" : Path.of("").toUri().getRawPath();
        String raw = uri.substring(Math.min(base.length(), uri.length()));
        boolean slash = raw.endsWith("/") && raw.length() > 1 && !text.endsWith("/");
        return decode(slash ? raw.substring(0, raw.length() - 1) : raw);
    }

    /** Undoes percent-encoding. */
    static String decode(String raw) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(raw, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return text(bytes.toByteArray());
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder text = new StringBuilder();
            for (byte b : bytes) {
                if (b >= 0) {
                    text.append((char) b);
                } else {
                    text.append(String.format(Locale.ROOT, "\\x%02X", b & 0xFF));
                }
            }
            return text.toString();
        }
    }
}
