package io.mds.master.state;

import io.mds.id.RegionId;
import io.mds.master.metadata.Versioned;
import io.mds.znode.IdCounters;
import io.mds.znode.IdentityRecord;
import io.mds.znode.RegionRecord;
import io.mds.znode.ShardRecord;
import io.mds.znode.TableRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * All metadata of the cluster, as one master read it at its takeover and changed it since.
 *
 * <p>Thread: the metadata thread's alone, once the takeover has handed it over.
 */
public final class ClusterState {
    private final Map<UUID, IdentityRecord> identities = new HashMap<>();
    private final Map<Long, Versioned<RegionRecord>> regions = new TreeMap<>();
    private final TreeMap<String, Table> tables = new TreeMap<>();
    /** Those that are being created or dropped. */
    private final Map<String, Table> unfinished = new TreeMap<>();

    private final Map<Long, Shard> shards = new HashMap<>();
    private final Map<Long, Set<Shard>> shardsByRegion = new HashMap<>();
    private final Map<Long, Integer> leads = new HashMap<>();
    /** Those whose replicas are being changed. */
    private final Set<Shard> moving = new LinkedHashSet<>();

    private final Map<Long, Integer> learners = new HashMap<>();
    /** How often anything changed of what each region should hold. */
    private final Map<Long, Long> revisions = new HashMap<>();

    private Versioned<IdCounters> ids;
    private IdCounters given;
    private long regionsZxid;

    ClusterState(Versioned<IdCounters> ids) {
        this.ids = ids;
        this.given = ids.value();
    }

    /** The transaction that last added or removed a region. */
    public long regionsZxid() {
        return regionsZxid;
    }

    public void regionsZxid(long zxid) {
        regionsZxid = Math.max(regionsZxid, zxid);
    }

    public Versioned<IdCounters> ids() {
        return ids;
    }

    /** What the next numbers will be when all that is under way is written; memory only. */
    public IdCounters nextIds() {
        return given;
    }

    /** Gives numbers away. Those that are not written in the end are not used, which is no harm. */
    public void give(IdCounters next) {
        given = next;
    }

    public void ids(IdCounters next, long zxid) {
        ids = ids.replacedBy(next, zxid);
    }

    void ids(Versioned<IdCounters> next) {
        ids = next;
        given = next.value();
    }

    public IdentityRecord identity(UUID identity) {
        return identities.get(identity);
    }

    public Map<UUID, IdentityRecord> identities() {
        return Collections.unmodifiableMap(identities);
    }

    public void addIdentity(UUID identity, IdentityRecord record) {
        identities.put(identity, record);
    }

    void removeIdentity(UUID identity) {
        identities.remove(identity);
    }

    /** The regions that have a znode. */
    public Collection<Versioned<RegionRecord>> regions() {
        return Collections.unmodifiableCollection(regions.values());
    }

    /** The region's znode as last written, or null when it has none. */
    public Versioned<RegionRecord> region(RegionId id) {
        return regions.get(id.value());
    }

    public void putRegion(RegionRecord record, long zxid) {
        // Regions may write their own znodes, so their versions are not the master's to count.
        regions.put(record.id(), new Versioned<>(record, -1, zxid));
    }

    public void removeRegion(RegionId id) {
        regions.remove(id.value());
    }

    public Table table(String name) {
        return tables.get(name);
    }

    public Collection<Table> tables() {
        return Collections.unmodifiableCollection(tables.values());
    }

    /** The tables whose names come after this one, in order; all after the empty name. */
    public Collection<Table> tablesAfter(String name) {
        return Collections.unmodifiableCollection(tables.tailMap(name, false).values());
    }

    /** The tables that are being created or dropped: few, of however many there are. */
    public Collection<Table> unfinishedTables() {
        return Collections.unmodifiableCollection(unfinished.values());
    }

    public Shard shard(long id) {
        return shards.get(id);
    }

    public int shardCount() {
        return shards.size();
    }

    /** The shards that a region has, is getting, or still needs. */
    public Set<Shard> shardsOn(RegionId region) {
        return Collections.unmodifiableSet(shardsByRegion.getOrDefault(region.value(), Set.of()));
    }

    /** How many shards each region leads; those without a leader are under 0. */
    public Map<Long, Integer> leads() {
        return Collections.unmodifiableMap(leads);
    }

    /** The shards that have a learner, or a replica that is to leave: few, of however many there are. */
    public Collection<Shard> movingShards() {
        return Collections.unmodifiableCollection(moving);
    }

    /** How many learners each region has. */
    public Map<Long, Integer> learners() {
        return Collections.unmodifiableMap(learners);
    }

    /** Another number whenever anything has changed of the shards that this region has, is getting, or still needs. */
    public long revision(RegionId region) {
        return revisions.getOrDefault(region.value(), 0L);
    }

    public Table addTable(Versioned<TableRecord> record, List<Versioned<ShardRecord>> shardRecords) {
        Table table = new Table(record);
        List<Shard> made = new ArrayList<>(shardRecords.size());
        for (Versioned<ShardRecord> shardRecord : shardRecords) {
            Shard shard = new Shard(table, shardRecord);
            made.add(shard);
            shards.put(shard.id(), shard);
            index(shard);
        }
        table.shards(made);
        tables.put(table.name(), table);
        indexByState(table);
        return table;
    }

    /** Gives the table other shards in place of some of its own. */
    public void exchangeShards(Table table, TableRecord next, Map<Shard, Versioned<ShardRecord>> exchanged, long zxid) {
        exchangeShards(table, table.versioned().replacedBy(next, zxid), exchanged);
    }

    void exchangeShards(Table table, Versioned<TableRecord> next, Map<Shard, Versioned<ShardRecord>> exchanged) {
        List<Shard> all = new ArrayList<>();
        for (Shard shard : table.shards()) {
            Versioned<ShardRecord> record = exchanged.get(shard);
            if (record == null) {
                all.add(shard);
                continue;
            }
            shards.remove(shard.id());
            unindex(shard);
            Shard made = new Shard(table, record);
            shards.put(made.id(), made);
            index(made);
            all.add(made);
        }
        table.shards(all);
        replaceTable(table, next);
    }

    public void replaceTable(Table table, TableRecord next, long zxid) {
        replaceTable(table, table.versioned().replacedBy(next, zxid));
    }

    void replaceTable(Table table, Versioned<TableRecord> next) {
        TableState before = table.state();
        table.replace(next);
        indexByState(table);
        if (table.state() != before) {
            table.shards().forEach(this::revise);
        }
    }

    private void indexByState(Table table) {
        if (table.state() == TableState.ACTIVE) {
            unfinished.remove(table.name());
        } else {
            unfinished.put(table.name(), table);
        }
    }

    public void removeTable(Table table) {
        tables.remove(table.name());
        unfinished.remove(table.name());
        for (Shard shard : table.shards()) {
            shards.remove(shard.id());
            unindex(shard);
        }
    }

    public void replaceShard(Shard shard, ShardRecord next, long zxid) {
        replaceShard(shard, shard.versioned().replacedBy(next, zxid));
    }

    void replaceShard(Shard shard, Versioned<ShardRecord> next) {
        unindex(shard);
        shard.replace(next);
        index(shard);
    }

    private void index(Shard shard) {
        ShardRecord record = shard.record();
        leads.merge(record.leader(), 1, Integer::sum);
        for (long region : record.holders()) {
            shardsByRegion.computeIfAbsent(region, r -> new LinkedHashSet<>()).add(shard);
        }
        if (!record.learners().isEmpty() || !record.leaving().isEmpty()) {
            moving.add(shard);
            record.learners().forEach(region -> learners.merge(region, 1, Integer::sum));
        }
        revise(shard);
    }

    private void unindex(Shard shard) {
        ShardRecord record = shard.record();
        leads.computeIfPresent(record.leader(), (region, count) -> count == 1 ? null : count - 1);
        for (long region : record.holders()) {
            Set<Shard> held = shardsByRegion.get(region);
            if (held != null && held.remove(shard) && held.isEmpty()) {
                shardsByRegion.remove(region);
            }
        }
        if (moving.remove(shard)) {
            record.learners()
                    .forEach(region -> learners.computeIfPresent(region, (id, count) -> count == 1 ? null : count - 1));
        }
        revise(shard);
    }

    private void revise(Shard shard) {
        shard.record().holders().forEach(region -> revisions.merge(region, 1L, Long::sum));
    }
}
