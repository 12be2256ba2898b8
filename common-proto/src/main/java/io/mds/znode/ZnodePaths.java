package io.mds.znode;

import io.mds.id.RegionId;
import io.mds.id.ShardId;
import java.util.Locale;
import java.util.UUID;

/** The paths of every znode that MDS reads or writes, below one configurable root. */
public record ZnodePaths(String root) {
    public ZnodePaths {
        if (!root.matches("(/[^/\\s]+)+")) {
            throw new IllegalArgumentException(
                    "zookeeper.root: '" + root + "' (expected: an absolute path without a trailing slash, like /mds)");
        }
    }

    public String cluster() {
        return root + "/cluster";
    }

    public String ids() {
        return root + "/ids";
    }

    public String master() {
        return root + "/master";
    }

    public String latch() {
        return root + "/master/latch";
    }

    public String epoch() {
        return root + "/master/epoch";
    }

    public String active() {
        return root + "/master/active";
    }

    public String standbys() {
        return root + "/master/standbys";
    }

    public String standby(String masterId) {
        return standbys() + "/" + masterId;
    }

    public String identities() {
        return root + "/identities";
    }

    public String identity(UUID identity) {
        return identities() + "/" + identity.toString().toLowerCase(Locale.ROOT);
    }

    public String regions() {
        return root + "/regions";
    }

    public String region(RegionId id) {
        return regions() + "/" + id;
    }

    public String regionSession(RegionId id) {
        return region(id) + "/session";
    }

    public String tables() {
        return root + "/tables";
    }

    public String table(String name) {
        return tables() + "/" + name;
    }

    public String shards() {
        return root + "/shards";
    }

    public String shard(ShardId id) {
        return shards() + "/" + id;
    }

    public String oplog() {
        return root + "/oplog";
    }

    public String oplogEntries() {
        return root + "/oplog/entries";
    }

    /** Fixed width, so that names sort as numbers do. */
    public String oplogEntry(long sequence) {
        return String.format(Locale.ROOT, "%s/%020d", oplogEntries(), sequence);
    }

    public String oplogLatest() {
        return root + "/oplog/latest";
    }

    public String procedures() {
        return root + "/procedures";
    }

    public String procedure(String id) {
        return procedures() + "/" + id;
    }

    public String config() {
        return root + "/config";
    }

    /** The regions that operators have drained. */
    public String drained() {
        return config() + "/drained-regions";
    }

    /** Without the root: {@code tables/files} of {@code /mds/tables/files}; null for a path that is not below the root. */
    public String relative(String path) {
        return path.startsWith(root + "/") ? path.substring(root.length() + 1) : null;
    }

    /** The last path element. */
    public static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
