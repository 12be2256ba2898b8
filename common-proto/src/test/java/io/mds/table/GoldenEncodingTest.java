package io.mds.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Keys, rows and shard numbers as they were in the first release. They are stored on disk: a line of the golden file never
 * changes, and a change of code that breaks one loses users' data.
 */
class GoldenEncodingTest {
    private static final String FILE = "encodings.golden";

    @TestFactory
    Stream<DynamicTest> encodingsAreWhatTheyAlwaysWere() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (String line : lines()) {
            String[] fields = line.split("\\|", -1);
            tests.add(DynamicTest.dynamicTest(line, () -> check(fields)));
        }
        return tests.stream();
    }

    @Test
    void everyTypeHasGoldenKeysAndRows() throws IOException {
        List<String> lines = lines();
        for (ColumnType type : ColumnType.values()) {
            assertThat(lines).anyMatch(line -> line.startsWith("row|" + type + "|"));
            if (type != ColumnType.JSON) {
                assertThat(lines).anyMatch(line -> line.startsWith("key|" + type + "|"));
            }
        }
    }

    private static List<String> lines() throws IOException {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(GoldenEncodingTest.class.getResourceAsStream(FILE), FILE),
                StandardCharsets.UTF_8))) {
            return reader.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
    }

    private static void check(String[] fields) {
        String kind = fields[0];
        switch (kind) {
            case "key" -> checkKey(ColumnType.valueOf(fields[1]), unescape(fields[2]), fields[3]);
            case "row" -> checkRow(ColumnType.valueOf(fields[1]), unescape(fields[2]), fields[3]);
            case "shard" -> checkShard(unescape(fields[1]), Integer.parseInt(fields[2]), Integer.parseInt(fields[3]));
            default -> throw new AssertionError("unknown kind of golden line: " + kind);
        }
    }

    private static void checkKey(ColumnType type, String text, String hex) {
        KeyCodec codec = new KeyCodec(TestingValues.keyOf(List.of(type)));
        byte[] golden = HexFormat.of().parseHex(hex);
        Object value = type.parse(text);
        assertThat(HexFormat.of().formatHex(codec.encode(value))).isEqualTo(hex);
        codec.validate(golden);
        assertThat(Values.compare(type, codec.decode(golden)[0], value)).isZero();
    }

    private static void checkRow(ColumnType type, String text, String hex) {
        TableSchema schema = TableSchema.named("t")
                .column("k", ColumnType.INT32)
                .column("v", type)
                .primaryKey("k")
                .build();
        RowCodec codec = new RowCodec(schema);
        ByteString golden = ByteString.copyFrom(HexFormat.of().parseHex(hex));
        Object value = type.parse(text);
        assertThat(HexFormat.of().formatHex(codec.encode(column -> value).toByteArray()))
                .isEqualTo(hex);
        codec.validate(golden, 1_000);
        assertThat(codec.decode(golden)[2]).isEqualTo(value);
    }

    /** A table of (dir, name), partitioned by dir. */
    private static void checkShard(String dir, int shards, int expected) {
        TableSchema schema = TableSchema.named("files")
                .column("dir", ColumnType.STRING)
                .column("name", ColumnType.STRING)
                .primaryKey("dir", "name")
                .partitionBy("dir")
                .shards(shards)
                .build();
        byte[] key = new KeyCodec(schema).encode(dir, "any");
        assertThat(new Partitioner(schema).shardOf(key)).isEqualTo(expected);
    }

    private static String unescape(String text) {
        return text.translateEscapes();
    }
}
