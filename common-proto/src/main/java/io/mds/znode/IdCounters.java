package io.mds.znode;

/** /mds/ids: the next number of each kind; only grows, changed in the same multi as what uses the numbers. */
public record IdCounters(long nextRegion, long nextTable, long nextShard) {
    public static final IdCounters FIRST = new IdCounters(1, 1, 1);
}
