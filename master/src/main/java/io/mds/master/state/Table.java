package io.mds.master.state;

import io.mds.master.metadata.Versioned;
import io.mds.proto.TableSchema;
import io.mds.znode.TableRecord;
import java.util.List;

/** One table and its shards, in shard-number order. Thread: the metadata thread's. */
public final class Table {
    private Versioned<TableRecord> record;
    private TableState state;
    private TableSchema schema;
    private List<Shard> shards = List.of();

    Table(Versioned<TableRecord> record) {
        this.record = record;
        this.state = TableState.valueOf(record.value().state());
    }

    public long id() {
        return record.value().id();
    }

    public String name() {
        return record.value().name();
    }

    public TableState state() {
        return state;
    }

    public Versioned<TableRecord> versioned() {
        return record;
    }

    /** Made when it is first asked for: of many tables, few are. */
    public TableSchema schema() {
        if (schema == null) {
            schema = TableRecords.schemaOf(record.value());
        }
        return schema;
    }

    /** Version 1 of the schema: see {@link TableRecords#firstSchemaOf}. */
    public TableSchema firstSchema() {
        return TableRecords.firstSchemaOf(record.value());
    }

    public List<Shard> shards() {
        return shards;
    }

    void shards(List<Shard> value) {
        shards = List.copyOf(value);
    }

    void replace(Versioned<TableRecord> next) {
        TableState nextState = TableState.valueOf(next.value().state());
        if (nextState != state && !state.canBecome(nextState)) {
            throw new IllegalStateException("table " + name() + ": " + state + " -> " + nextState);
        }
        record = next;
        state = nextState;
        schema = null;
    }

    @Override
    public String toString() {
        return "table " + name();
    }
}
