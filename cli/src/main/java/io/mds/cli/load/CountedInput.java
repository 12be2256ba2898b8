package io.mds.cli.load;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** An input that knows how many of its bytes have been read. */
public final class CountedInput extends FilterInputStream {
    private final long size;
    private long read;

    /**
     * @param size of the whole, or negative when nobody knows
     */
    public CountedInput(InputStream in, long size) {
        super(in);
        this.size = size;
    }

    double share() {
        return size <= 0 ? -1 : Math.min(1, (double) read / size);
    }

    /** UTF-8, strictly: bytes that are none fail instead of turning into question marks. */
    Reader utf8() {
        return new InputStreamReader(
                this,
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        read += value < 0 ? 0 : 1;
        return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = super.read(bytes, offset, length);
        read += Math.max(0, count);
        return count;
    }
}
