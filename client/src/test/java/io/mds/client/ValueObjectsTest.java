package io.mds.client;

import static io.mds.client.RowTest.assertInvalid;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ValueObjectsTest {

    @Test
    void keysAreEqualByContentAndNeverNull() {
        assertThat(Key.of("/etc", new byte[] {1})).isEqualTo(Key.of("/etc", new byte[] {1}));
        assertThat(Key.of("/etc", new byte[] {1})).hasSameHashCodeAs(Key.of("/etc", new byte[] {1}));
        assertThat(Key.of("/etc", "hosts"))
                .hasToString("('/etc', 'hosts')")
                .isEqualTo(Key.of(List.of("/etc", "hosts")));
        assertInvalid(() -> Key.of("/etc", null), "key value 2 is null");
        assertInvalid(Key::of, "key without values");
    }

    @Test
    void keysAreNotChangedThroughTheirBytes() {
        byte[] bytes = {1};
        Key key = Key.of((Object) bytes);
        bytes[0] = 2;
        ((byte[]) key.get(0))[0] = 2;
        ((byte[]) key.values().get(0))[0] = 2;
        assertThat(key).isEqualTo(Key.of((Object) new byte[] {1}));
    }

    @Test
    void updatesAddUp() {
        Update update =
                Update.set("owner", "root").increment("size", 1).ifVersion(7).where(Filters.gt("size", 0));
        assertThat(update)
                .hasToString("Update[owner = 'root', size += 1] on Condition[version 7 where size > 0]")
                .isEqualTo(Update.set("owner", "root")
                        .increment("size", 1)
                        .when(Condition.ifVersion(7).and(Condition.where(Filters.gt("size", 0)))));
        assertThat(Update.set("owner", null)).hasToString("Update[owner = NULL]");
        assertInvalid(() -> Update.increment("size", null), "increment by a number");
    }

    @Test
    void updatesAreImmutable() {
        Update.Changes base = Update.set("a", 1);
        Update.Changes more = base.set("b", 2);
        assertThat(base.assignments()).hasSize(1);
        assertThat(more.assignments()).hasSize(2);
        assertThat(base).isNotEqualTo(more).isEqualTo(Update.set("a", 1)).hasSameHashCodeAs(Update.set("a", 1));
    }

    @Test
    void conditionsCombine() {
        Condition both = Condition.ifExists().and(Condition.ifVersion(3)).and(Condition.where(Filters.eq("a", 1)));
        assertThat(both).hasToString("Condition[exists version 3 where a = 1]");
        assertThat(both.and(Condition.where(Filters.isNull("b"))))
                .hasToString("Condition[exists version 3 where (a = 1 and b is null)]");
        assertThat(Condition.ifAbsent()).hasToString("Condition[absent]");
        assertThat(both).isNotEqualTo(Condition.ifExists());
    }

    @Test
    void filtersReadLikeWhatTheyMean() {
        Filter filter = Filters.eq("owner", "root")
                .and(Filters.or(Filters.ge("size", 10), Filters.in("kind", "a", "b")))
                .and(Filters.not(Filters.startsWith("name", ".")));
        assertThat(filter)
                .hasToString("((owner = 'root' and (size >= 10 or kind in ('a', 'b'))) and not name starts with '.')");
        assertInvalid(() -> Filters.eq("a", null), "use isNull(\"a\")");
        assertInvalid(() -> Filters.and(), "filter 'and' without terms");
    }

    @Test
    void scansReadLikeWhatTheyMean() {
        assertThat(Scan.prefix("/etc")
                        .where(Filters.gt("size", 0))
                        .columns("name")
                        .limit(10)
                        .reverse())
                .hasToString("Scan[prefix ('/etc') where size > 0 columns [name] limit 10 reverse]")
                .isEqualTo(
                        Scan.prefix("/etc").reverse().limit(10).columns("name").where(Filters.gt("size", 0)));
        assertThat(Scan.all()).hasToString("Scan[all]");
        assertInvalid(() -> Scan.all().limit(0), "limit: 0 (expected: >= 1)");
    }

    @Test
    void batchesAreBounded() {
        Batch batch = Batch.splitByShard();
        for (int i = 0; i < Batch.MAX_OPERATIONS; i++) {
            batch.delete(Key.of(i));
        }
        assertInvalid(() -> batch.delete(Key.of(-1)), "batch of more than 10000 operations");
    }
}
