package io.mds.client.internal;

import com.google.protobuf.CodedInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

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
    private static final int MAX_SHARDS = 1 << 20;
    private static final TokenText TEXT = new TokenText("watch", "w1.", 1 << 24);

    public WatchPositions {
        shards = List.copyOf(shards);
    }

    public String write() {
        return TEXT.write(out -> {
            out.writeUInt64NoTag(tableId);
            out.writeUInt32NoTag(shards.size());
            for (long position : shards) {
                out.writeUInt64NoTag(position);
            }
        });
    }

    /** @throws io.mds.error.MdsException INVALID_ARGUMENT when it is not a token */
    public static WatchPositions read(String token) {
        return TEXT.read(token, WatchPositions::parse);
    }

    private static WatchPositions parse(CodedInputStream in) throws IOException {
        long table = in.readUInt64();
        int count = in.readUInt32();
        if (table < 1 || count < 1 || count > MAX_SHARDS) {
            throw TEXT.malformed("it is of table " + table + " with " + count + " shards");
        }
        List<Long> positions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long position = in.readUInt64();
            if (position < 0) {
                throw TEXT.malformed("its position number " + i + " is impossible");
            }
            positions.add(position);
        }
        return new WatchPositions(table, positions);
    }
}
