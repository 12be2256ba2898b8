package io.mds.client.example;

import static io.mds.client.Filters.and;
import static io.mds.client.Filters.eq;
import static io.mds.client.Filters.gt;
import static io.mds.table.ColumnType.INT32;
import static io.mds.table.ColumnType.INT64;
import static io.mds.table.ColumnType.STRING;

import io.mds.client.Batch;
import io.mds.client.Change;
import io.mds.client.ChangeStream;
import io.mds.client.Condition;
import io.mds.client.Consistency;
import io.mds.client.Key;
import io.mds.client.MdsClient;
import io.mds.client.MdsClientOptions;
import io.mds.client.Row;
import io.mds.client.RowStream;
import io.mds.client.Scan;
import io.mds.client.ScanPage;
import io.mds.client.Session;
import io.mds.client.Table;
import io.mds.client.Update;
import io.mds.client.WatchFrom;
import io.mds.client.WriteResult;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Outcome;
import io.mds.table.TableChange;
import io.mds.table.TableSchema;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The examples of docs/client.md, which a test compares with the page; another test runs them. */
final class ClientGuide {
    private final String uri;

    ClientGuide(String uri) {
        this.uri = uri;
    }

    void first() {
        try (MdsClient mds = MdsClient.connect(uri)) {
            mds.createTable(TableSchema.named("files")
                    .column("dir", STRING)
                    .column("name", STRING)
                    .column("size", INT64)
                    .column("owner", STRING)
                    .primaryKey("dir", "name")
                    .partitionBy("dir")
                    .shards(8)
                    .build());
            Table files = mds.table("files");
            files.upsert(Row.of("dir", "/etc", "name", "hosts", "size", 220L, "owner", "root"));
            Optional<Row> row = files.get("/etc", "hosts");
            files.update(
                    Key.of("/etc", "hosts"),
                    Update.increment("size", 1).ifVersion(row.get().version()));
            try (RowStream rows = files.scan(Scan.prefix("/etc").limit(100))) {
                rows.forEach(System.out::println);
            }
        }
    }

    String read(Table files) {
        Row row = files.get("/etc", "hosts").orElseThrow();
        String owner = row.getString("owner");
        long size = row.getLong("size");

        List<Optional<Row>> several = files.getAll(List.of(Key.of("/etc", "hosts"), Key.of("/etc", "fstab")));

        Optional<Row> onlySize = files.get(Key.of("/etc", "hosts"), List.of("size"));
        return owner + size + several.size() + onlySize.isPresent();
    }

    long consistency(Table files) {
        Optional<Row> exact = files.get("/etc", "hosts");
        Optional<Row> nearest = files.with(Consistency.eventual()).get("/etc", "hosts");
        nearest.flatMap(Row::staleness).ifPresent(age -> System.out.println("at most " + age + " old"));
        long about = files.count(Scan.all().with(Consistency.bounded(Duration.ofSeconds(2))));

        Table watched = files.with(Consistency.eventual())
                .observing(answer ->
                        System.out.println("shard " + answer.shard() + " as of index " + answer.appliedIndex()));
        return about + watched.count(Scan.all()) - (exact.equals(nearest) ? 0 : 1_000);
    }

    String sessionHere(MdsClient mds, Table files) {
        Session session = mds.newSession();
        Table mine = files.within(session);
        mine.upsert(Row.of("dir", "/home", "name", "notes", "size", 3, "owner", "ann"));
        String token = session.token();
        return token;
    }

    Optional<Row> sessionThere(Table files, String token) {
        Table mine = files.within(Session.fromToken(token));
        return mine.get("/home", "notes");
    }

    void write(Table files) {
        files.insert(Row.of("dir", "/etc", "name", "fstab", "size", 10, "owner", "root"));
        files.upsert(Row.of("dir", "/etc", "name", "fstab", "size", 12, "owner", "root"));
        files.update(Key.of("/etc", "fstab"), Update.set("owner", "daemon").increment("size", -2));
        WriteResult deleted = files.delete("/etc", "fstab");
        System.out.println("was there: " + deleted.existed());
    }

    void conditions(Table files) {
        Row row = files.get("/etc", "hosts").orElseThrow();
        try {
            files.update(Key.of("/etc", "hosts"), Update.set("owner", "me").ifVersion(row.version()));
        } catch (MdsException e) {
            if (e.code() != ErrorCode.CONDITION_FAILED) {
                throw e;
            }
            System.out.println("somebody was faster: read again and decide again");
        }
        files.upsert(
                Row.of("dir", "/run", "name", "lock", "size", 0, "owner", "me"),
                Condition.ifAbsent().and(Condition.where(eq("owner", "nobody"))));
    }

    void change(MdsClient mds) {
        mds.alterTable(
                "files",
                TableChange.addNullableColumn("mode", INT32),
                TableChange.addColumn("kind", STRING, "file"),
                TableChange.renameColumn("size", "bytes"),
                TableChange.dropColumn("owner"));
        mds.createIndex("files", "by_kind", "kind", "bytes");
    }

    void batch(Table files) {
        files.write(Batch.atomic()
                .insert(Row.of("dir", "/home", "name", "new.txt", "size", 5, "owner", "ann"))
                .delete(Key.of("/home", "old.txt")));

        long written = files.upsertAll(List.of(
                Row.of("dir", "/a", "name", "x", "size", 1, "owner", "ann"),
                Row.of("dir", "/b", "name", "y", "size", 2, "owner", "bob")));
        System.out.println(written + " rows");
    }

    long scan(Table files) {
        Scan large = Scan.prefix("/etc")
                .where(and(eq("owner", "root"), gt("size", 100)))
                .columns("name", "size")
                .limit(1_000);
        long bytes = 0;
        try (RowStream rows = files.scan(large)) {
            for (Row row : rows) {
                bytes += row.getLong("size");
            }
        }
        long count = files.count(Scan.all().where(eq("owner", "root")));
        return bytes + count;
    }

    CompletableFuture<Long> asynchronous(Table files) {
        return files.scanAsync(Scan.all()).thenCompose(page -> sizeOf(page, 0));
    }

    private static CompletableFuture<Long> sizeOf(ScanPage page, long before) {
        long size = before
                + page.rows().stream().mapToLong(row -> row.getLong("size")).sum();
        return page.hasNext()
                ? page.next().thenCompose(next -> sizeOf(next, size))
                : CompletableFuture.completedFuture(size);
    }

    void errors(Table files) {
        try {
            files.withTimeout(Duration.ofMillis(500)).update(Key.of("/etc", "hosts"), Update.increment("size", 1));
        } catch (MdsException e) {
            if (e.outcome() == Outcome.UNKNOWN) {
                System.out.println("may have been applied: " + e.getMessage());
            } else {
                System.out.println("certainly not applied: " + e.getMessage());
            }
        }
    }

    MdsClient listening(BiConsumer<Integer, Duration> record) {
        return MdsClient.connect(MdsClientOptions.builder(uri)
                .requestListener(request -> record.accept(request.attempts(), request.took()))
                .build());
    }

    void watch(Table files, WatchFrom from, Consumer<Change> apply, Consumer<String> saveToken) {
        try (ChangeStream changes = files.watch(from)) {
            while (changes.hasNext()) {
                Change change = changes.next();
                apply.accept(change);
                saveToken.accept(changes.token());
            }
        }
    }

    MdsClient options(ExecutorService callbacks) {
        MdsClientOptions options = MdsClientOptions.builder(uri)
                .timeout(Duration.ofSeconds(3))
                .connectionsPerRegion(2)
                .callbackExecutor(callbacks)
                .build();
        return MdsClient.connect(options);
    }

    MdsClient fromFile(Path file, Map<String, String> environment) {
        return MdsClient.connect(MdsClientOptions.load(file, List.of("client.timeout=3s"), environment));
    }
}
