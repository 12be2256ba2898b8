package io.mds.table;

import java.util.zip.CRC32C;

/**
 * Which shard a row belongs to: CRC-32C of its encoded partition key, mixed, modulo the number of shards.
 *
 * <p>Fixed for ever: rows are where this says.
 */
public final class Partitioner {
    private final KeyCodec codec;
    private final int shards;

    public Partitioner(TableSchema schema) {
        this.codec = new KeyCodec(schema);
        this.shards = schema.shards();
    }

    /**
     * The shard number, from 0, of a key.
     *
     * @param encodedKey a whole key, or at least its partition key, as {@link KeyCodec} encodes it
     */
    public int shardOf(byte[] encodedKey) {
        if (shards == 1) {
            return 0;
        }
        CRC32C crc = new CRC32C();
        crc.update(encodedKey, 0, codec.partitionLength(encodedKey));
        return Integer.remainderUnsigned(mix((int) crc.getValue()), shards);
    }

    /** The finaliser of MurmurHash3 (Austin Appleby, public domain): spreads CRC's linear patterns. */
    private static int mix(int hash) {
        int h = hash;
        h ^= h >>> 16;
        h *= 0x85ebca6b;
        h ^= h >>> 13;
        h *= 0xc2b2ae35;
        h ^= h >>> 16;
        return h;
    }
}
