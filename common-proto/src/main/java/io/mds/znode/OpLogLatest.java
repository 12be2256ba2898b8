package io.mds.znode;

/**
 * /mds/oplog/latest: where the OpLog begins and, roughly, where it ends.
 *
 * <p>The end is a hint: it is written with every hundredth entry and once a second, so that up to a hundred entries may
 * follow. The beginning is exact, because it is written together with the removal of what was before it.
 *
 * @param sequence an entry that has been written, 0 before the first one
 * @param first the oldest entry that is still kept
 */
public record OpLogLatest(long sequence, long first) {
    public static final OpLogLatest EMPTY = new OpLogLatest(0, 1);
}
