package io.mds.region.snapshot;

import com.google.protobuf.ByteString;
import io.mds.proto.EncodedRow;
import io.mds.proto.FetchSnapshotReplyOrBuilder;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The CRC32C of a page's rows, answers and entries, in their order, each with its length. */
final class PageChecksum {
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

    private PageChecksum() {}

    static int of(FetchSnapshotReplyOrBuilder page) {
        PageChecksum checksum = new PageChecksum();
        checksum.add(page.getRowsCount());
        for (EncodedRow row : page.getRowsList()) {
            checksum.add(row.getKey());
            checksum.add(row.getVersion());
            checksum.add(row.getRow());
        }
        page.getRequestsList().forEach(checksum::add);
        page.getEntriesList().forEach(entry -> checksum.add(entry.toByteString()));
        return (int) checksum.crc.getValue();
    }

    private void add(ByteString bytes) {
        add(bytes.size());
        bytes.asReadOnlyByteBufferList().forEach(crc::update);
    }

    private void add(long value) {
        number.clear().putLong(value);
        crc.update(number.array(), 0, Long.BYTES);
    }
}
