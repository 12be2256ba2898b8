package io.mds.znode;

/**
 * /mds/oplog/latest: where the OpLog begins and, roughly, where it ends.
 *
 * <p>The end is a hint: it is written with every hundredth entry and once a second, so that up to a hundred entries may
 * follow. The beginning is exact, because it is written together with the removal of what was before it.
 *
 * @param sequence an entry that has been written, 0 before the first one
 * @param first the oldest entry that is still kept
 * @param digest of the state after the entry {@code sequence}; null when it was written together with that entry
 */
public record OpLogLatest(long sequence, long first, String digest) {
    public static final OpLogLatest EMPTY = new OpLogLatest(0, 1);

    public OpLogLatest(long sequence, long first) {
        this(sequence, first, null);
    }
}
