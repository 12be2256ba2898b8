package io.mds.client;

import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.TableLayout;
import io.mds.proto.Consistency;
import io.mds.proto.CountRequest;
import io.mds.proto.EncodedRow;
import io.mds.proto.Filter;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.KeyRange;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Reads that ask several shards at a time. */
final class Reads {
    private static final int SHARDS_AT_ONCE = 16;
    private static final int KEYS_AT_ONCE = 500;

    private Reads() {}

    /** A row as an answer to Get has it, where the key is known. */
    static Optional<Row> row(
            TableLayout layout, TableLayout.Projection projection, Object[] key, byte[] encoded, EncodedRow row) {
        if (!row.getFound()) {
            return Optional.empty();
        }
        Object[] cells = layout.cells(projection, layout.keyValues(key, encoded), row.getRow());
        return Optional.of(new Row(projection.names(), cells, row.getVersion()));
    }

    /** A row as an answer to Scan has it, with its key. */
    static Row scanned(TableLayout layout, TableLayout.Projection projection, EncodedRow row) {
        Object[] cells = layout.cells(projection, layout.keys().decode(row.getKey()), row.getRow());
        return new Row(projection.names(), cells, row.getVersion());
    }

    static CompletableFuture<List<Optional<Row>>> getAll(
            ClusterAccess access, ShardedTable.Target target, List<Key> keys, Deadline deadline) {
        TableLayout layout = target.layout();
        byte[][] encoded = new byte[keys.size()][];
        Map<Integer, List<Integer>> byShard = new TreeMap<>();
        for (int i = 0; i < encoded.length; i++) {
            encoded[i] = Encoding.key(layout, keys.get(i));
            byShard.computeIfAbsent(layout.shardOf(encoded[i]), ignored -> new ArrayList<>())
                    .add(i);
        }
        List<Lookup> lookups = new ArrayList<>();
        byShard.forEach((shard, positions) -> {
            for (int from = 0; from < positions.size(); from += KEYS_AT_ONCE) {
                int to = Math.min(positions.size(), from + KEYS_AT_ONCE);
                lookups.add(new Lookup(shard, positions.subList(from, to)));
            }
        });
        return Fanout.run(lookups.size(), SHARDS_AT_ONCE, number -> {
                    Lookup lookup = lookups.get(number);
                    return access.read(
                            target.table(),
                            target.routes(),
                            lookup.shard(),
                            (shard, id) -> {
                                GetRequest.Builder get =
                                        GetRequest.newBuilder().setShard(shard).setConsistency(Consistency.STRONG);
                                lookup.positions().forEach(position -> get.addKeys(Encoding.wrap(encoded[position])));
                                return Request.newBuilder().setGet(get);
                            },
                            deadline);
                })
                .thenApply(replies -> rows(layout, keys, encoded, lookups, replies));
    }

    private record Lookup(int shard, List<Integer> positions) {}

    private static List<Optional<Row>> rows(
            TableLayout layout, List<Key> keys, byte[][] encoded, List<Lookup> lookups, List<Reply> replies) {
        List<Optional<Row>> rows =
                new ArrayList<>(keys.stream().map(key -> Optional.<Row>empty()).toList());
        for (int i = 0; i < lookups.size(); i++) {
            GetReply reply = replies.get(i).getGet();
            List<Integer> positions = lookups.get(i).positions();
            if (reply.getRowsCount() != positions.size()) {
                throw Calls.unexpected(replies.get(i));
            }
            for (int j = 0; j < positions.size(); j++) {
                int position = positions.get(j);
                rows.set(
                        position,
                        row(layout, layout.all(), keys.get(position).array(), encoded[position], reply.getRows(j)));
            }
        }
        return rows;
    }

    static CompletableFuture<Long> count(
            ClusterAccess access, ShardedTable.Target target, Scan scan, Deadline deadline) {
        Bounds bounds = Bounds.of(target.layout(), scan);
        if (bounds.isEmpty()) {
            return CompletableFuture.completedFuture(0L);
        }
        Filter filter = scan.filter()
                .map(where -> Encoding.filter(target.layout().schema(), where))
                .orElse(null);
        int[] shards = bounds.shards(target.routes().shardCount());
        return Fanout.run(
                        shards.length,
                        SHARDS_AT_ONCE,
                        number -> countShard(access, target, shards[number], bounds.range(), filter, 0, deadline))
                .thenApply(counts -> counts.stream().mapToLong(Long::longValue).sum());
    }

    private static CompletableFuture<Long> countShard(
            ClusterAccess access,
            ShardedTable.Target target,
            int shard,
            KeyRange range,
            Filter filter,
            long before,
            Deadline deadline) {
        return access.read(
                        target.table(),
                        target.routes(),
                        shard,
                        (ref, id) -> {
                            CountRequest.Builder count = CountRequest.newBuilder()
                                    .setShard(ref)
                                    .setRange(range)
                                    .setConsistency(Consistency.STRONG);
                            if (filter != null) {
                                count.setFilter(filter);
                            }
                            return Request.newBuilder().setCount(count);
                        },
                        deadline)
                .thenCompose(reply -> {
                    if (!reply.hasCount()) {
                        throw Calls.unexpected(reply);
                    }
                    long rows = before + reply.getCount().getRows();
                    return reply.getCount().hasRemaining()
                            ? countShard(access, target, shard, reply.getCount().getRemaining(), filter, rows, deadline)
                            : CompletableFuture.completedFuture(rows);
                });
    }

    /**
     * The encoded keys a scan spans.
     *
     * @param end empty for no bound
     * @param onlyShard the one shard that can have such keys, or -1
     */
    record Bounds(byte[] start, byte[] end, int onlyShard) {

        static Bounds of(TableLayout layout, Scan scan) {
            if (scan.prefix().isPresent()) {
                Key prefix = scan.prefix().get();
                byte[] start = layout.keys().encodePrefix(Arrays.asList(prefix.array()));
                boolean fixed = prefix.size() >= layout.schema().partitionColumns();
                return new Bounds(start, io.mds.table.KeyCodec.successor(start), fixed ? layout.shardOf(start) : -1);
            }
            byte[] start = bound(layout, scan.from());
            byte[] end = bound(layout, scan.before());
            int only = -1;
            int partition = layout.schema().partitionColumns();
            if (scan.from().isPresent() && scan.before().isPresent()) {
                List<Object> from = scan.from().get().values();
                List<Object> before = scan.before().get().values();
                if (from.size() >= partition && before.size() >= partition) {
                    byte[] a = layout.keys().encodePrefix(from.subList(0, partition));
                    byte[] b = layout.keys().encodePrefix(before.subList(0, partition));
                    only = Arrays.equals(a, b) ? layout.shardOf(a) : -1;
                }
            }
            return new Bounds(start, end, only);
        }

        private static byte[] bound(TableLayout layout, Optional<Key> key) {
            return key.map(values -> layout.keys().encodePrefix(Arrays.asList(values.array())))
                    .orElse(new byte[0]);
        }

        boolean isEmpty() {
            return end.length > 0 && Arrays.compareUnsigned(start, end) >= 0;
        }

        int[] shards(int count) {
            if (onlyShard >= 0) {
                return new int[] {onlyShard};
            }
            int[] all = new int[count];
            Arrays.setAll(all, i -> i);
            return all;
        }

        KeyRange range() {
            return KeyRange.newBuilder()
                    .setStart(Encoding.wrap(start))
                    .setEnd(Encoding.wrap(end))
                    .build();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bounds that
                    && Arrays.equals(start, that.start)
                    && Arrays.equals(end, that.end)
                    && onlyShard == that.onlyShard;
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(start) * 31 + Arrays.hashCode(end);
        }

        @Override
        public String toString() {
            return CellValues.describe(start) + " to " + CellValues.describe(end);
        }
    }
}
