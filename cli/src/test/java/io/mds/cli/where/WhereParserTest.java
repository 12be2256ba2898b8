package io.mds.cli.where;

import static io.mds.client.Filters.and;
import static io.mds.client.Filters.eq;
import static io.mds.client.Filters.ge;
import static io.mds.client.Filters.gt;
import static io.mds.client.Filters.in;
import static io.mds.client.Filters.isNull;
import static io.mds.client.Filters.le;
import static io.mds.client.Filters.lt;
import static io.mds.client.Filters.ne;
import static io.mds.client.Filters.not;
import static io.mds.client.Filters.or;
import static io.mds.client.Filters.startsWith;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mds.client.Filter;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.time.Instant;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WhereParserTest {
    private static final TableSchema FILES = TableSchema.named("files")
            .column("name", ColumnType.STRING)
            .nullableColumn("size", ColumnType.INT64)
            .nullableColumn("owner", ColumnType.STRING)
            .nullableColumn("modified", ColumnType.TIMESTAMP)
            .nullableColumn("ratio", ColumnType.DOUBLE)
            .nullableColumn("hidden", ColumnType.BOOLEAN)
            .nullableColumn("in", ColumnType.INT32)
            .primaryKey("name")
            .build();

    @Test
    void comparisonsTakeTheTypeOfTheirColumn() {
        assertThat(parse("size >= 1000")).isEqualTo(ge("size", 1000L));
        assertThat(parse("size<-5")).isEqualTo(lt("size", -5L));
        assertThat(parse("ratio > 1.5e-3")).isEqualTo(gt("ratio", 1.5e-3));
        assertThat(parse("hidden = TRUE")).isEqualTo(eq("hidden", true));
        assertThat(parse("owner <> 'root'")).isEqualTo(ne("owner", "root"));
        assertThat(parse("owner == 'o''neil'")).isEqualTo(eq("owner", "o'neil"));
        assertThat(parse("modified <= '2024-01-31T10:00:00Z'"))
                .isEqualTo(le("modified", Instant.parse("2024-01-31T10:00:00Z")));
        assertThat(parse("name = 'Straße 😀'")).isEqualTo(eq("name", "Straße 😀"));
    }

    @Test
    void andBindsTighterThanOrAndParenthesesTighterThanBoth() {
        Filter a = eq("size", 1L);
        Filter b = eq("size", 2L);
        Filter c = eq("size", 3L);
        assertThat(parse("size=1 AND size=2 OR size=3")).isEqualTo(or(and(a, b), c));
        assertThat(parse("size=1 OR size=2 AND size=3")).isEqualTo(or(a, and(b, c)));
        assertThat(parse("size=1 and (size=2 or size=3)")).isEqualTo(and(a, or(b, c)));
        assertThat(parse("NOT size=1 AND NOT (size=2 OR size=3)")).isEqualTo(and(not(a), not(or(b, c))));
    }

    @Test
    void nullListsBeginningsAndRanges() {
        assertThat(parse("owner IS NULL")).isEqualTo(isNull("owner"));
        assertThat(parse("owner is not null")).isEqualTo(not(isNull("owner")));
        assertThat(parse("size IN (1, 2)")).isEqualTo(in("size", 1L, 2L));
        assertThat(parse("owner NOT IN ('a')")).isEqualTo(not(in("owner", "a")));
        assertThat(parse("name LIKE 'abc%'")).isEqualTo(startsWith("name", "abc"));
        assertThat(parse("name LIKE 'a\\_b\\%'")).isEqualTo(eq("name", "a_b%"));
        assertThat(parse("size BETWEEN 1 AND 5 AND hidden = false"))
                .isEqualTo(and(and(ge("size", 1L), le("size", 5L)), eq("hidden", false)));
    }

    @Test
    void aNameInDoubleQuotesIsNoKeyword() {
        assertThat(parse("\"in\" IN (1)")).isEqualTo(in("in", 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "size >                     | 7  | the end",
                "sise = 1                   | 1  | no column 'sise'",
                "size = 'abc'               | 8  | INT64",
                "owner = root               | 9  | a value",
                "owner = 5                  | 9  | in quotes",
                "size = 1 size = 2          | 10 | AND, OR or the end",
                "(size = 1                  | 10 | position 1",
                "size = 1 AND               | 13 | a column",
                "owner = 'root              | 9  | never closed",
                "owner = NULL               | 9  | IS NULL",
                "name LIKE '%abc'           | 11 | beginning only",
                "size LIKE 'a%'             | 1  | strings",
                "size IN 5                  | 9  | '('",
                "size IN (5                 | 11 | ')'",
                "size NOT 5                 | 10 | IN, LIKE or BETWEEN",
                "size ; 5                   | 6  | means nothing",
                "size , 5                   | 6  | after 'size'",
            })
    void errorsPointAtTheirPlace(String text, int position, String says) {
        assertThatExceptionOfType(SyntaxException.class)
                .isThrownBy(() -> parse(text))
                .satisfies(e -> {
                    assertThat(e.describe()).contains(says).endsWith("at position " + position);
                    assertThat(e.pointer()).endsWith(" ".repeat(position + 1) + "^");
                });
    }

    @Test
    void deepNestingIsRefusedBeforeTheStackEnds() {
        assertThatExceptionOfType(SyntaxException.class)
                .isThrownBy(() -> parse("(".repeat(100_000)))
                .withMessageContaining("nested deeper");
    }

    @Property(tries = 500)
    void anyTextParsesOrPointsIntoItself(@ForAll String text) {
        try {
            parse("size = 1 " + text);
        } catch (SyntaxException e) {
            assertThat(e.position()).isBetween(0, e.text().length());
        }
    }

    @Property(tries = 300)
    void anyStringIsItselfBetweenQuotes(@ForAll String value) {
        assertThat(parse("name = '" + value.replace("'", "''") + "'")).isEqualTo(eq("name", value));
    }

    private static Filter parse(String text) {
        return WhereParser.parse(FILES, text);
    }
}
