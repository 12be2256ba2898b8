package io.mds.region.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.mds.id.LogIndex;
import io.mds.id.ViewNumber;
import io.mds.proto.EncodedRow;
import io.mds.region.store.ShardCatalog.ShardRecord;
import io.mds.region.store.ShardJournal.Loaded;
import io.mds.region.store.ShardJournal.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An install into a table of its own, which no record names until the end. */
final class JdbcShardInstall implements ShardInstall {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcShardInstall.class);

    private enum State {
        OPEN,
        BROKEN,
        CLOSED
    }

    private final JdbcShardStore shard;
    private final ShardRecord record;
    private final ShardTable table;
    private final Database database;
    private final Swap swap;

    /** Gathers the answers, and forgets as many as a shard may not remember. */
    @GuardedBy("this")
    private final RequestRecords answers = new RequestRecords();

    @GuardedBy("this")
    private State state = State.OPEN;

    @GuardedBy("this")
    private long rows;

    /** Null before the first row. */
    @GuardedBy("this")
    private byte[] lastKey;

    /** Puts the table in place; the store gives it. */
    interface Swap {
        boolean with(JdbcShardStore shard, ShardRecord record, ShardTable table, Loaded loaded);
    }

    JdbcShardInstall(JdbcShardStore shard, ShardRecord record, ShardTable table, Database database, Swap swap) {
        this.shard = shard;
        this.record = record;
        this.table = table;
        this.database = database;
        this.swap = swap;
    }

    private String name() {
        return "the copy of shard " + shard.id();
    }

    @GuardedBy("this")
    private void requireOpen() {
        if (state != State.OPEN) {
            throw new StoreException(
                    name() + (state == State.CLOSED ? " is no longer being installed" : " failed to install"), null);
        }
    }

    @Override
    public synchronized void add(List<EncodedRow> newRows, List<ByteString> newRequests) {
        requireOpen();
        state = State.BROKEN;
        List<RowInRange> added = new ArrayList<>(newRows.size());
        byte[] last = lastKey;
        for (EncodedRow row : newRows) {
            byte[] key = row.getKey().toByteArray();
            if (last != null && Arrays.compareUnsigned(last, key) >= 0) {
                throw new IllegalArgumentException(
                        name() + " has rows whose keys do not ascend, after row " + (rows + added.size()));
            }
            added.add(new RowInRange(key, new StoredRow(row.getVersion(), row.getRow())));
            last = key;
        }
        if (!added.isEmpty()) {
            database.transact("add rows to " + name(), connection -> {
                table.insert(connection, added);
                return null;
            });
        }
        newRequests.forEach(each -> answers.readAll(each.toByteArray()));
        lastKey = last;
        rows += added.size();
        state = State.OPEN;
    }

    @Override
    public synchronized long rows() {
        return rows;
    }

    @Override
    public synchronized boolean finish(LogIndex appliedIndex, ViewNumber appliedView, long totalRows) {
        requireOpen();
        if (rows != totalRows) {
            state = State.BROKEN;
            throw new IllegalArgumentException(name() + " has " + rows + " rows (expected: " + totalRows + ")");
        }
        state = State.BROKEN;
        Position position = new Position(appliedIndex.value(), appliedView.value(), rows);
        if (!swap.with(shard, record, table, new Loaded(position, answers))) {
            return false;
        }
        state = State.CLOSED;
        return true;
    }

    @Override
    public synchronized void close() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        if (shard.mayHave(table)) {
            // Its finish failed after all: the next start knows.
            return;
        }
        try {
            database.transact("remove " + name(), connection -> {
                table.drop(connection);
                return null;
            });
        } catch (StoreException e) {
            LOG.warn("what had come of {} stays until the next start: {}", name(), e.getMessage());
        }
    }
}
