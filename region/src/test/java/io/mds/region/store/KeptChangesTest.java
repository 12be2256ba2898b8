package io.mds.region.store;

import static io.mds.region.store.Writes.SCHEMA;
import static io.mds.region.store.Writes.entry;
import static io.mds.region.store.Writes.increment;
import static io.mds.region.store.Writes.insert;
import static io.mds.region.store.Writes.int64;
import static io.mds.region.store.Writes.key;
import static io.mds.region.store.Writes.read;
import static io.mds.region.store.Writes.request;
import static io.mds.region.store.Writes.row;
import static io.mds.region.store.Writes.update;
import static io.mds.region.store.Writes.upsert;
import static org.assertj.core.api.Assertions.assertThat;

import io.mds.id.LogIndex;
import io.mds.id.ShardId;
import io.mds.id.ViewNumber;
import io.mds.proto.RowChange;
import io.mds.proto.WriteRequest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store still tells of changes from before it was closed, or ended in a crash. */
class KeptChangesTest {
    private static final ShardId SHARD = new ShardId(7);
    private static final ShardId OTHER = new ShardId(8);
    private static final long MUCH = 1 << 20;

    @TempDir
    private Path directory;

    private Store store;
    private ShardStore shard;
    private ShardStore other;

    private void open(long changeBytes) {
        StoreSettings file = StoreSettings.h2File(database());
        store = Store.open(
                new StoreSettings(
                        file.url(),
                        "",
                        "",
                        2,
                        1 << 20,
                        1 << 20,
                        2,
                        changeBytes,
                        Optional.of(directory.resolve("changes")),
                        Duration.ofSeconds(5)),
                new SimpleMeterRegistry());
        shard = store.createShard(SHARD, SCHEMA, new ViewNumber(1));
        other = store.createShard(OTHER, SCHEMA, new ViewNumber(1));
    }

    private Path database() {
        return directory.resolve("store");
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void reopen() {
        store.close();
        open(MUCH);
    }

    private static void apply(ShardStore to, WriteRequest request) {
        to.apply(List.of(entry(to.appliedIndex().value() + 1, request)));
    }

    private List<Long> versionsAfter(long position) {
        return shard
                .changes()
                .orElseThrow()
                .after(new LogIndex(position), 10_000)
                .orElseThrow()
                .getChangesList()
                .stream()
                .map(RowChange::getVersion)
                .toList();
    }

    private static boolean isForgotten(ShardStore of, long position) {
        return of.changes().orElseThrow().after(new LogIndex(position), 1).isEmpty();
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path each : files.toList()) {
                Path target = to.resolve(from.relativize(each).toString());
                if (Files.isRegularFile(each)) {
                    Files.createDirectories(target.getParent());
                    Files.copy(each, target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path tree) {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Path> changeFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("changes"))) {
            return files.sorted().toList();
        }
    }

    @Test
    void changesFromBeforeRestartsAreToldAsTheyWere() {
        open(MUCH);
        apply(shard, request(insert(key(1), row("size", 1L))));
        apply(shard, request(update(key(1), increment("size", int64(10)))));
        apply(shard, request(Writes.delete(key(1))));
        List<RowChange> before = shard.changes()
                .orElseThrow()
                .after(new LogIndex(0), 100)
                .orElseThrow()
                .getChangesList();
        assertThat(before).hasSize(3);
        assertThat(read(before.get(1).getRow(), "size")).isEqualTo(11L);
        for (int restart = 1; restart <= 3; restart++) {
            reopen();
            assertThat(shard.changes()
                            .orElseThrow()
                            .after(new LogIndex(0), 3)
                            .orElseThrow()
                            .getChangesList())
                    .isEqualTo(before);
            assertThat(versionsAfter(2)).hasSize(restart).startsWith(3L).isSorted();
            apply(shard, request(upsert(key(restart), row())));
        }
    }

    @Test
    void whatTheDatabaseLostInACrashIsToldOnceWhenItIsAppliedAgain() {
        open(MUCH);
        apply(shard, request(upsert(key(1), row())));
        store.close();
        copy(directory, directory.resolveSibling(directory.getFileName() + "-old"));
        open(MUCH);
        for (int i = 2; i <= 20; i++) {
            apply(shard, request(upsert(key(i), row())));
        }
        store.close();
        Path old = directory.resolveSibling(directory.getFileName() + "-old");
        delete(old.resolve("changes"));
        copy(directory.resolve("changes"), old.resolve("changes"));
        delete(directory);
        copy(old, directory);
        delete(old);
        open(MUCH);
        assertThat(shard.appliedIndex()).isEqualTo(new LogIndex(1));
        assertThat(versionsAfter(0)).containsExactly(1L);
        for (int i = 2; i <= 30; i++) {
            apply(shard, request(upsert(key(i), row())));
        }
        for (int round = 0; round < 2; round++) {
            assertThat(versionsAfter(0)).hasSize(30).isSorted().doesNotHaveDuplicates();
            reopen();
        }
    }

    @Test
    void whatIsMissingFromTheFilesIsForgottenAndNotSkipped() throws IOException {
        open(MUCH);
        for (int i = 1; i <= 10; i++) {
            apply(shard, request(upsert(key(i), row())));
            apply(other, request(upsert(key(i), row())));
        }
        reopen();
        apply(shard, request(upsert(key(11), row())));
        store.close();
        Path last = changeFiles().get(changeFiles().size() - 1);
        byte[] bytes = Files.readAllBytes(last);
        // In the mark that says how far the database is, or before it.
        Files.write(last, Arrays.copyOf(bytes, bytes.length - 50));
        open(MUCH);
        assertThat(isForgotten(shard, 10)).isTrue();
        assertThat(versionsAfter(11)).isEmpty();
        assertThat(isForgotten(other, 0)).isFalse();
        apply(shard, request(upsert(key(12), row())));
        reopen();
        assertThat(isForgotten(shard, 10)).isTrue();
        assertThat(versionsAfter(11)).containsExactly(12L);
    }

    @Test
    void theFilesAreBoundedAndAQuietShardKeepsItsPosition() throws IOException {
        long kept = 300_000;
        open(kept);
        apply(other, request(upsert(key(1), row())));
        apply(other, request(insert(key(1), row())));
        for (int i = 1; i <= 300; i++) {
            apply(shard, request(upsert(key(i % 10), row("owner", "x".repeat(10_000)))));
            if (i % 10 == 0) {
                store.checkpoint();
            }
        }
        long oldest = shard.changes().orElseThrow().oldest().value();
        assertThat(oldest).isBetween(250L, 299L);
        long bytes = 0;
        for (Path each : changeFiles()) {
            bytes += Files.size(each);
        }
        assertThat(bytes).isBetween(kept, 2 * kept);
        assertThat(isForgotten(other, 0)).isTrue();
        assertThat(isForgotten(other, 1)).isFalse();
        store.close();
        open(kept);
        assertThat(versionsAfter(oldest)).hasSize((int) (300 - oldest));
        assertThat(isForgotten(other, 0)).isTrue();
        assertThat(isForgotten(other, 1)).isFalse();
    }

    @Test
    void filesThatCannotBeReadAreForgottenAndDoNotStopTheStore() throws IOException {
        open(MUCH);
        apply(shard, request(upsert(key(1), row())));
        store.close();
        for (Path each : changeFiles()) {
            Files.write(each, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
        }
        open(MUCH);
        assertThat(isForgotten(shard, 0)).isTrue();
        apply(shard, request(upsert(key(2), row())));
        reopen();
        assertThat(versionsAfter(1)).containsExactly(2L);
    }
}
