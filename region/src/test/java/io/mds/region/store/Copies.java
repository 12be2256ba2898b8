package io.mds.region.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.mds.proto.EncodedRow;
import io.mds.proto.ScanReply;
import io.mds.proto.ScanRequest;
import io.mds.region.store.ShardCopy.Page;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What tests do with copies of shards. */
public final class Copies {
    private Copies() {}

    /** The rest of a copy. */
    public record Content(List<EncodedRow> rows, List<ByteString> requests) {}

    public static Content rest(ShardCopy copy, int maxRows, int maxBytes) {
        Content content = new Content(new ArrayList<>(), new ArrayList<>());
        for (boolean last = false; !last; ) {
            Page page = copy.nextPage(maxRows, maxBytes);
            content.rows().addAll(page.rows());
            content.requests().addAll(page.requests());
            last = page.last();
        }
        return content;
    }

    /** Adds the rest of a copy to an install, and finishes that. */
    public static boolean install(ShardCopy copy, ShardInstall install) {
        for (boolean last = false; !last; ) {
            Page page = copy.nextPage(100, 10_000);
            install.add(page.rows(), page.requests());
            last = page.last();
        }
        return install.finish(copy.appliedIndex(), copy.appliedView(), copy.totalRows());
    }

    public static List<EncodedRow> rows(ScanReply reply) {
        return reply.getRowsList().stream().map(Copies::row).toList();
    }

    static EncodedRow row(ByteString bytes) {
        try {
            return EncodedRow.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    /** All rows of a shard. */
    public static List<EncodedRow> rows(ShardStore shard) {
        List<EncodedRow> rows = new ArrayList<>();
        ScanRequest request = ScanRequest.getDefaultInstance();
        while (true) {
            ScanReply reply = shard.scan(request, new PageLimits(10_000, 1 << 22, Duration.ofSeconds(5)));
            rows.addAll(rows(reply));
            if (!reply.hasRemaining()) {
                return rows;
            }
            request = request.toBuilder().setRange(reply.getRemaining()).build();
        }
    }
}
