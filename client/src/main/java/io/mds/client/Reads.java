package io.mds.client;

import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.ReadPolicy;
import io.mds.client.internal.TableLayout;
import io.mds.proto.CountRequest;
import io.mds.proto.EncodedRow;
import io.mds.proto.Filter;
import io.mds.proto.GetReply;
import io.mds.proto.GetRequest;
import io.mds.proto.KeyRange;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.ShardRef;
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
            TableLayout layout,
            TableLayout.Projection projection,
            Object[] key,
            byte[] encoded,
            EncodedRow row,
            int stalenessMs) {
        if (!row.getFound()) {
            return Optional.empty();
        }
        Object[] cells = layout.cells(projection, layout.keyValues(key, encoded), row.getRow());
        return Optional.of(new Row(projection.names(), cells, row.getVersion(), stalenessMs));
    }

    static CompletableFuture<List<Optional<Row>>> getAll(
            ClusterAccess access, Target target, List<Key> keys, ReadSettings settings, Deadline deadline) {
        ReadPolicy policy = settings.policy();
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
                            policy,
                            (shard, terms) -> {
                                GetRequest.Builder get = get(shard, terms);
                                lookup.positions().forEach(position -> get.addKeys(Encoding.wrap(encoded[position])));
                                return Request.newBuilder().setGet(get);
                            },
                            deadline);
                })
                .thenApply(replies -> rows(target, settings, keys, encoded, lookups, replies));
    }

    static GetRequest.Builder get(ShardRef shard, ReadPolicy.Terms terms) {
        GetRequest.Builder get = GetRequest.newBuilder().setShard(shard).setConsistency(terms.consistency());
        return terms.freshness() == null ? get : get.setFreshness(terms.freshness());
    }

    private record Lookup(int shard, List<Integer> positions) {}

    private static List<Optional<Row>> rows(
            Target target,
            ReadSettings settings,
            List<Key> keys,
            byte[][] encoded,
            List<Lookup> lookups,
            List<Reply> replies) {
        TableLayout layout = target.layout();
        List<Optional<Row>> rows =
                new ArrayList<>(keys.stream().map(key -> Optional.<Row>empty()).toList());
        for (int i = 0; i < lookups.size(); i++) {
            GetReply reply = replies.get(i).getGet();
            List<Integer> positions = lookups.get(i).positions();
            if (reply.getRowsCount() != positions.size()) {
                throw Calls.unexpected(replies.get(i));
            }
            int staleness = settings.observe(target, lookups.get(i).shard(), replies.get(i));
            for (int j = 0; j < positions.size(); j++) {
                int position = positions.get(j);
                Object[] key = keys.get(position).array();
                rows.set(position, row(layout, layout.all(), key, encoded[position], reply.getRows(j), staleness));
            }
        }
        return rows;
    }

    static CompletableFuture<Long> count(
            ClusterAccess access, Target target, Scan scan, ReadSettings tableSettings, Deadline deadline) {
        ReadSettings settings = tableSettings.of(scan);
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
                        number -> new ShardCount(access, target, shards[number], settings, filter, deadline)
                                .from(bounds.range(), 0))
                .thenApply(counts -> counts.stream().mapToLong(Long::longValue).sum());
    }

    /** The count of one shard, page by page. */
    private record ShardCount(
            ClusterAccess access, Target target, int shard, ReadSettings settings, Filter filter, Deadline deadline) {

        CompletableFuture<Long> from(KeyRange range, long before) {
            return access.read(
                            target.table(),
                            target.routes(),
                            shard,
                            settings.policy(),
                            (ref, terms) -> request(range, ref, terms),
                            deadline)
                    .thenCompose(reply -> {
                        if (!reply.hasCount()) {
                            throw Calls.unexpected(reply);
                        }
                        settings.observe(target, shard, reply);
                        long rows = before + reply.getCount().getRows();
                        return reply.getCount().hasRemaining()
                                ? from(reply.getCount().getRemaining(), rows)
                                : CompletableFuture.completedFuture(rows);
                    });
        }

        private Request.Builder request(KeyRange range, ShardRef ref, ReadPolicy.Terms terms) {
            CountRequest.Builder count =
                    CountRequest.newBuilder().setShard(ref).setRange(range).setConsistency(terms.consistency());
            if (terms.freshness() != null) {
                count.setFreshness(terms.freshness());
            }
            if (filter != null) {
                count.setFilter(filter);
            }
            return Request.newBuilder().setCount(count);
        }
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
