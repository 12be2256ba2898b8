package io.mds.bench.micro;

import com.google.protobuf.ByteString;
import io.mds.proto.Filter;
import io.mds.proto.Value;
import io.mds.table.Column;
import io.mds.table.ColumnType;
import io.mds.table.FilterEvaluator;
import io.mds.table.KeyCodec;
import io.mds.table.Partitioner;
import io.mds.table.RowCodec;
import io.mds.table.TableSchema;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Keys and rows between values and bytes: a key of 16 characters in two columns, and five columns of 100 characters. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RowBenchmark {
    private static final int COLUMNS = 5;
    private static final String DIRECTORY = "dir00421";
    private static final String NAME = "name0099";

    private final TableSchema schema = schema();
    private final KeyCodec keys = new KeyCodec(schema);
    private final Partitioner partitioner = new Partitioner(schema);
    private final RowCodec rows = new RowCodec(schema);
    private final Column last = schema.column("c" + (COLUMNS - 1));
    private final Map<Column, Object> values = values();
    private final byte[] key = keys.encode(DIRECTORY, NAME);
    private final ByteString row = rows.encode(values::get);
    private final BitSet onlyLast = BitSet.valueOf(new long[] {1L << last.id()});
    private final FilterEvaluator filter = new FilterEvaluator(
            schema,
            Filter.newBuilder()
                    .setStartsWith(Filter.StartsWith.newBuilder()
                            .setColumnId(last.id())
                            .setPrefix(prefix()))
                    .build());

    private static TableSchema schema() {
        TableSchema.Builder schema =
                TableSchema.named("rows").column("dir", ColumnType.STRING).column("name", ColumnType.STRING);
        for (int i = 0; i < COLUMNS; i++) {
            schema.column("c" + i, ColumnType.STRING);
        }
        return schema.primaryKey("dir", "name").partitionBy("dir").shards(6).build();
    }

    private Map<Column, Object> values() {
        Map<Column, Object> all = new HashMap<>();
        for (int i = 0; i < COLUMNS; i++) {
            all.put(schema.column("c" + i), Character.toString('a' + i).repeat(100));
        }
        return all;
    }

    private static Value prefix() {
        return Value.newBuilder().setString("eeee").build();
    }

    @Benchmark
    public byte[] encodeKey() {
        return keys.encode(DIRECTORY, NAME);
    }

    @Benchmark
    public Object[] decodeKey() {
        return keys.decode(key);
    }

    @Benchmark
    public int findShard() {
        return partitioner.shardOf(key);
    }

    @Benchmark
    public ByteString encodeRow() {
        return rows.encode(values::get);
    }

    @Benchmark
    public Object[] decodeRow() {
        return rows.decode(row);
    }

    @Benchmark
    public Object readLastColumn() {
        return rows.read(row, last);
    }

    @Benchmark
    public ByteString projectToLastColumn() {
        return rows.project(row, onlyLast);
    }

    @Benchmark
    public boolean filterByLastColumn() {
        return filter.test(key, row);
    }
}
