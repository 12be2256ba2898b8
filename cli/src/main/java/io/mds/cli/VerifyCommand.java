package io.mds.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.cli.text.Cells;
import io.mds.cli.text.Progress;
import io.mds.client.Key;
import io.mds.client.MdsClient;
import io.mds.client.ShardVerification;
import io.mds.client.ShardVerification.DifferentRange;
import io.mds.client.ShardVerification.NotCompared;
import io.mds.client.TableInfo;
import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.proto.ErrorCode;
import io.mds.table.Column;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "verify",
        description = "Compare all replicas of each shard, at one point of its log, while writes go on.",
        footer = {
            "",
            "  mds verify files --ranges 100",
            "",
            "Reads every row on every region that has it. Exit codes: 0 all are equal, 1 some differ, 4 some could not be"
                    + " compared and no others differ."
        })
final class VerifyCommand implements Callable<Integer> {
    /** For one shard, when the command line does not say: its rows are read. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final RootCommand root;

    @Parameters(paramLabel = "TABLE", arity = "0..1", description = "The table; all tables by default.")
    private String table;

    @Option(
            names = "--ranges",
            paramLabel = "N",
            description = "Tell differences by N ranges of keys in each shard (default: ${DEFAULT-VALUE}).")
    private int ranges = 32;

    VerifyCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        MdsClient client =
                root.connectOptions().timeout() == null ? root.client().withTimeout(PATIENCE) : root.client();
        Map<String, List<ShardVerification>> found = new TreeMap<>();
        List<String> tables = table != null
                ? List.of(table)
                : client.listTables().stream().map(TableInfo::name).toList();
        long shards = shardsOf(client, tables);
        try (Progress progress =
                new Progress(root.err(), root.session().streams().errTerminal(), System::nanoTime)) {
            Count count = new Count(progress, shards);
            for (String name : tables) {
                List<ShardVerification> ofTable = verify(client, name, count);
                if (ofTable != null) {
                    found.put(name, ofTable);
                }
            }
        }
        Summary summary = Summary.of(found);
        if (root.json()) {
            int unused = root.printJson(json -> write(json, found, summary));
        } else {
            print(found, summary);
        }
        return summary.exitCode();
    }

    private long shardsOf(MdsClient client, List<String> tables) {
        return table != null
                ? root.schema(table).shards()
                : client.listTables().stream()
                        .filter(info -> tables.contains(info.name()))
                        .mapToLong(TableInfo::shards)
                        .sum();
    }

    /** Null when all tables are wanted and this one was dropped meanwhile. */
    private List<ShardVerification> verify(MdsClient client, String name, Count count) {
        try {
            return CommandException.checked("--ranges", () -> client.verify(name, ranges, count::add));
        } catch (MdsException e) {
            if (table == null && e.code() == ErrorCode.NOT_FOUND) {
                return null;
            }
            throw e;
        }
    }

    /** How far it is. Told of one shard at a time, on threads of the client. */
    private static final class Count {
        private final Progress progress;
        private final long shards;
        private long done;
        private long rows;

        private Count(Progress progress, long shards) {
            this.progress = progress;
            this.shards = shards;
        }

        private synchronized void add(ShardVerification shard) {
            done++;
            rows += shard.rows();
            progress.update(rows, (double) done / Math.max(1, shards));
        }
    }

    /** What was found, in numbers. A shard that differs and is not complete counts as one that differs. */
    private record Summary(int tables, int equal, int different, int notCompared, long rows, long replicas) {
        static Summary of(Map<String, List<ShardVerification>> found) {
            List<ShardVerification> all =
                    found.values().stream().flatMap(List::stream).toList();
            int equal = (int) all.stream().filter(ShardVerification::isEqual).count();
            int different = (int)
                    all.stream().filter(shard -> !shard.differences().isEmpty()).count();
            return new Summary(
                    found.size(),
                    equal,
                    different,
                    all.size() - equal - different,
                    all.stream().mapToLong(ShardVerification::rows).sum(),
                    all.stream().mapToLong(Summary::compared).sum());
        }

        private static long compared(ShardVerification shard) {
            long different = shard.differences().stream()
                    .map(DifferentRange::region)
                    .distinct()
                    .count();
            return shard.equal().size() + different;
        }

        int exitCode() {
            if (different > 0) {
                return ExitCode.FAILED;
            }
            return notCompared > 0 ? ExitCode.UNAVAILABLE : ExitCode.OK;
        }
    }

    private void print(Map<String, List<ShardVerification>> found, Summary summary) {
        found.forEach((name, shards) -> shards.forEach(shard -> print(Cells.printable(name), shard)));
        List<String> parts = new ArrayList<>();
        if (summary.different() > 0) {
            parts.add(root.style().bad(Cells.count(summary.different()) + " different"));
        }
        if (summary.notCompared() > 0) {
            parts.add(root.style().warning(Cells.count(summary.notCompared()) + " not compared"));
        }
        parts.add(Cells.count(summary.equal()) + " equal");
        root.out()
                .println(Cells.count(summary.tables(), "table", "tables") + ", "
                        + Cells.count(summary.equal() + summary.different() + summary.notCompared(), "shard", "shards")
                        + ": " + String.join(", ", parts) + " (" + Cells.count(summary.rows(), "row", "rows") + ", "
                        + Cells.count(summary.replicas(), "replica", "replicas") + " compared)");
    }

    private void print(String name, ShardVerification shard) {
        for (DifferentRange range : shard.differences()) {
            root.out()
                    .println(name + " shard " + shard.shard() + ": "
                            + root.style().bad("region " + range.region() + " differs") + " from region "
                            + leader(shard) + " " + describe(range) + ": "
                            + Cells.count(range.rows(), "row", "rows") + ", the leader "
                            + Cells.count(range.leaderRows()) + " (at index " + shard.index() + ")");
        }
        for (NotCompared replica : shard.notCompared()) {
            root.out()
                    .println(name + " shard " + shard.shard() + ": "
                            + root.style().warning("region " + replica.region() + " not compared") + ": "
                            + Cells.printable(replica.reason()));
        }
        if (shard.notCompared().isEmpty() && !shard.isComplete()) {
            root.out()
                    .println(name + " shard " + shard.shard() + ": "
                            + root.style().warning("not compared"));
        }
    }

    private static String leader(ShardVerification shard) {
        return shard.leader().map(RegionId::toString).orElse("-");
    }

    private static String describe(DifferentRange range) {
        if (range.from().isEmpty() && range.to().isEmpty()) {
            return "somewhere in all keys";
        }
        String from = range.from()
                .map(key -> "from " + Cells.printable(key.toString()))
                .orElse("");
        String to = range.to()
                .map(key -> "before " + Cells.printable(key.toString()))
                .orElse("");
        return "in the keys " + (from + " " + to).strip();
    }

    private void write(JsonGenerator json, Map<String, List<ShardVerification>> found, Summary summary)
            throws IOException {
        json.writeStartObject();
        json.writeNumberField("equal", summary.equal());
        json.writeNumberField("different", summary.different());
        json.writeNumberField("not_compared", summary.notCompared());
        json.writeNumberField("rows", summary.rows());
        json.writeArrayFieldStart("shards");
        for (Map.Entry<String, List<ShardVerification>> each : found.entrySet()) {
            List<Column> key = each.getValue().stream()
                            .allMatch(shard -> shard.differences().isEmpty())
                    ? List.of()
                    : root.schema(each.getKey()).primaryKey();
            for (ShardVerification shard : each.getValue()) {
                write(json, each.getKey(), key, shard);
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, List<Column> key, ShardVerification shard)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("table", name);
        json.writeNumberField("shard", shard.shard().value());
        if (shard.leader().isPresent()) {
            json.writeNumberField("leader", shard.leader().get().value());
        } else {
            json.writeNullField("leader");
        }
        json.writeNumberField("index", shard.index());
        json.writeNumberField("rows", shard.rows());
        json.writeArrayFieldStart("equal");
        for (RegionId region : shard.equal()) {
            json.writeNumber(region.value());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("differences");
        for (DifferentRange range : shard.differences()) {
            json.writeStartObject();
            json.writeNumberField("region", range.region().value());
            writeKey(json, "from", key, range.from());
            writeKey(json, "to", key, range.to());
            json.writeNumberField("rows", range.rows());
            json.writeNumberField("leader_rows", range.leaderRows());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("not_compared");
        for (NotCompared replica : shard.notCompared()) {
            json.writeStartObject();
            json.writeNumberField("region", replica.region().value());
            json.writeStringField("reason", replica.reason());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** As {@code --from} and {@code --to} of other commands take it, value by value; null for an open end. */
    private static void writeKey(JsonGenerator json, String field, List<Column> columns, Optional<Key> key)
            throws IOException {
        if (key.isEmpty()) {
            json.writeNullField(field);
            return;
        }
        json.writeArrayFieldStart(field);
        for (int i = 0; i < key.get().size(); i++) {
            json.writeString(columns.get(i).type().format(key.get().get(i)));
        }
        json.writeEndArray();
    }
}
