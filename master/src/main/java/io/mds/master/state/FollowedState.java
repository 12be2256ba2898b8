package io.mds.master.state;

import io.mds.id.RegionId;
import io.mds.master.metadata.Versioned;
import io.mds.znode.IdCounters;
import io.mds.znode.IdentityRecord;
import io.mds.znode.RegionRecord;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import io.mds.znode.ZnodeFormatException;
import io.mds.znode.ZnodeJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * A state that is brought forward one entry of the OpLog at a time, with the image that its digest comes from.
 *
 * <p>Thread: its owner's: the follower's, and after a takeover the metadata thread's.
 *
 * <p>Invariant: after the entry with sequence N both are what the active master had after writing it. An entry that does
 * not fit the state throws, and the state is of no use after that.
 */
public final class FollowedState {
    private final ClusterState state;
    private final StateImage image;
    private StateListener listener = StateListener.NONE;

    FollowedState(ClusterState state, StateImage image) {
        this.state = state;
        this.image = image;
    }

    public ClusterState state() {
        return state;
    }

    public StateImage image() {
        return image;
    }

    public void listener(StateListener value) {
        listener = value;
    }

    /** The last of several changes of one znode counts. */
    private static Map<String, Change> last(List<Change> changes) {
        Map<String, Change> last = new LinkedHashMap<>();
        changes.forEach(change -> last.put(change.path(), change));
        return last;
    }

    /**
     * Takes one entry.
     *
     * @param zxid of the transaction that wrote it
     */
    public void apply(List<Change> changes, long zxid) {
        image.apply(changes, zxid);
        Map<Long, Versioned<ShardRecord>> newShards = new HashMap<>();
        Set<Table> changed = new LinkedHashSet<>();
        List<Change> tables = new ArrayList<>();
        // A table that was dropped and made again in one entry: the old one goes first.
        for (Change change : changes) {
            if (change.isDelete() && change.kind().equals(Change.TABLES)) {
                removeTable(change.name());
            }
        }
        for (Change change : last(changes).values()) {
            switch (change.kind()) {
                case Change.IDS -> state.ids(record(change, IdCounters.class));
                case Change.IDENTITIES -> applyIdentity(change);
                case Change.REGIONS -> applyRegion(change, zxid);
                case Change.SHARDS -> applyShard(change, newShards, changed);
                case Change.TABLES -> tables.add(change);
                // Read where they are needed.
                default -> {}
            }
        }
        for (Change change : tables) {
            applyTable(change, newShards, changed);
        }
        if (!newShards.isEmpty()) {
            throw new ZnodeFormatException("shards without a table: " + newShards.keySet(), null);
        }
        changed.forEach(listener::tableChanged);
    }

    private <T extends Record> Versioned<T> record(Change change, Class<T> type) {
        StateImage.Znode znode = image.get(change.path());
        return new Versioned<>(ZnodeJson.read(change.path(), change.data(), type), znode.version(), znode.zxid());
    }

    private void applyIdentity(Change change) {
        UUID identity = UUID.fromString(change.name());
        if (change.isDelete()) {
            state.removeIdentity(identity);
        } else {
            state.addIdentity(identity, record(change, IdentityRecord.class).value());
        }
    }

    private void applyRegion(Change change, long zxid) {
        RegionId id = new RegionId(Long.parseLong(change.name()));
        if (change.isDelete()) {
            state.removeRegion(id);
            state.regionsZxid(zxid);
        } else {
            if (state.region(id) == null) {
                state.regionsZxid(zxid);
            }
            state.putRegion(record(change, RegionRecord.class).value(), zxid);
        }
        listener.regionChanged(id);
    }

    private void applyShard(Change change, Map<Long, Versioned<ShardRecord>> newShards, Set<Table> changed) {
        Shard known = state.shard(Long.parseLong(change.name()));
        if (change.isDelete()) {
            // Goes with its table, or with the table's list of shards.
            return;
        }
        Versioned<ShardRecord> record = record(change, ShardRecord.class);
        if (known == null) {
            newShards.put(record.value().id(), record);
        } else {
            state.replaceShard(known, record);
            changed.add(known.table());
        }
    }

    private void removeTable(String name) {
        Table table = state.table(name);
        if (table != null) {
            state.removeTable(table);
            listener.tableRemoved(name);
        }
    }

    private void applyTable(Change change, Map<Long, Versioned<ShardRecord>> newShards, Set<Table> changed) {
        if (change.isDelete()) {
            return;
        }
        Versioned<TableRecord> record = record(change, TableRecord.class);
        Table table = state.table(record.value().name());
        if (table == null) {
            List<Versioned<ShardRecord>> own = new ArrayList<>();
            for (long id : record.value().shards()) {
                own.add(taken(newShards, id, change));
            }
            changed.add(state.addTable(record, own));
            return;
        }
        Map<Shard, Versioned<ShardRecord>> exchanged = new LinkedHashMap<>();
        if (table.shards().size() != record.value().shards().size()) {
            throw new ZnodeFormatException(change.path() + ": another number of shards than before", null);
        }
        for (int i = 0; i < table.shards().size(); i++) {
            Shard shard = table.shards().get(i);
            long wanted = record.value().shards().get(i);
            if (shard.id() != wanted) {
                exchanged.put(shard, taken(newShards, wanted, change));
            }
        }
        if (exchanged.isEmpty()) {
            state.replaceTable(table, record);
        } else {
            state.exchangeShards(table, record, exchanged);
        }
        changed.add(table);
    }

    private static Versioned<ShardRecord> taken(Map<Long, Versioned<ShardRecord>> newShards, long id, Change change) {
        Versioned<ShardRecord> shard = newShards.remove(id);
        if (shard == null) {
            throw new ZnodeFormatException(change.path() + ": names shard " + id + ", which is not there", null);
        }
        return shard;
    }
}
