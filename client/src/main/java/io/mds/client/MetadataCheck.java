package io.mds.client;

import java.util.List;
import java.util.Optional;

/**
 * What the masters have of the cluster's metadata, all of them as it was after the same entry of the OpLog.
 *
 * @param sequence of that entry
 * @param masters the active one first
 */
public record MetadataCheck(long sequence, List<MasterDigest> masters) {
    public MetadataCheck {
        masters = List.copyOf(masters);
    }

    /**
     * One master.
     *
     * @param address host:port of its RPC server
     * @param digest of everything that it has; absent when it could not be asked
     * @param znodes how many records that is
     * @param problem why there is no digest; empty when there is one
     */
    public record MasterDigest(
            String id, String address, boolean active, Optional<String> digest, long znodes, String problem) {}

    /** True when all masters could be asked, and have the same. */
    public boolean isEqual() {
        return isComplete() && different().isEmpty();
    }

    /** True when all masters could be asked. */
    public boolean isComplete() {
        return masters.stream().allMatch(master -> master.digest().isPresent());
    }

    /** Those that have something else than the active master. */
    public List<MasterDigest> different() {
        Optional<String> expected =
                masters.stream().filter(MasterDigest::active).findFirst().flatMap(MasterDigest::digest);
        return masters.stream()
                .filter(master ->
                        master.digest().isPresent() && !master.digest().equals(expected))
                .toList();
    }
}
