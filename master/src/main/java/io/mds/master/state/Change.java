package io.mds.master.state;

import java.util.Arrays;

/**
 * What happened to one znode of the state.
 *
 * @param path below the root: {@code tables/files}
 * @param data what it holds now; null when it was deleted
 */
@SuppressWarnings("ArrayRecordComponent")
public record Change(String path, byte[] data) {
    public static Change set(String path, byte[] data) {
        return new Change(path, data);
    }

    public static Change delete(String path) {
        return new Change(path, null);
    }

    public boolean isDelete() {
        return data == null;
    }

    /** Whether a path below the root is one of those that make the state, which the OpLog tells of. */
    public static boolean isState(String path) {
        if (path == null) {
            return false;
        }
        int slash = path.indexOf('/');
        if (slash < 0) {
            return path.equals(IDS);
        }
        return path.indexOf('/', slash + 1) < 0
                && switch (path.substring(0, slash)) {
                    case IDENTITIES, REGIONS, TABLES, SHARDS, PROCEDURES, CONFIG -> true;
                    default -> false;
                };
    }

    static final String IDS = "ids";
    static final String IDENTITIES = "identities";
    static final String REGIONS = "regions";
    static final String TABLES = "tables";
    static final String SHARDS = "shards";
    static final String PROCEDURES = "procedures";
    static final String CONFIG = "config";

    /** {@code tables} of {@code tables/files}. */
    String kind() {
        int slash = path.indexOf('/');
        return slash < 0 ? path : path.substring(0, slash);
    }

    /** {@code files} of {@code tables/files}. */
    String name() {
        return path.substring(path.indexOf('/') + 1);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Change change && path.equals(change.path) && Arrays.equals(data, change.data);
    }

    @Override
    public int hashCode() {
        return 31 * path.hashCode() + Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return (isDelete() ? "delete " : "set ") + path;
    }
}
