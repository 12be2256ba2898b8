package io.mds.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mds.error.MdsException;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SeenIndexesTest {

    @Test
    void indexesOnlyGrow() {
        SeenIndexes seen = new SeenIndexes(10);
        assertThat(seen.floor(1)).isZero();
        seen.saw(1, 5);
        seen.saw(1, 3);
        assertThat(seen.floor(1)).isEqualTo(5);
        assertThat(seen.floor(2)).isZero();
    }

    @Test
    void aDoubtLastsUntilAStrongReadThatBeganAfterIt() {
        SeenIndexes seen = new SeenIndexes(10);
        int before = seen.doubts(1);
        seen.doubt(1);
        seen.saw(1, 9);
        seen.settled(1, before);
        assertThat(seen.floor(1)).isEqualTo(SeenIndexes.LEADER_ONLY);
        seen.settled(1, seen.doubts(1));
        assertThat(seen.floor(1)).isEqualTo(9);
    }

    @Test
    void shardsBeyondTheBoundAreReadFromTheirLeaders() {
        SeenIndexes seen = new SeenIndexes(3);
        LongStream.rangeClosed(1, 4).forEach(shard -> seen.saw(shard, 7));
        assertThat(seen.floor(3)).isEqualTo(7);
        assertThat(seen.floor(4)).isEqualTo(SeenIndexes.LEADER_ONLY);
        assertThat(seen.floor(99)).isEqualTo(SeenIndexes.LEADER_ONLY);
        seen.saw(3, 8);
        assertThat(seen.floor(3)).isEqualTo(8);
    }

    @Test
    void tokensRoundTrip() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            SeenIndexes seen = new SeenIndexes(SessionTokens.MAX_SHARDS);
            int shards = random.nextInt(1100);
            for (int i = 0; i < shards; i++) {
                long shard = random.nextBoolean() ? 1 + random.nextInt(5000) : random.nextLong(1, Long.MAX_VALUE);
                seen.saw(shard, random.nextLong(1, Long.MAX_VALUE));
                if (random.nextInt(50) == 0) {
                    seen.doubt(shard);
                }
            }
            String token = SessionTokens.write(seen);
            assertThat(token).as("seed %d", seed).matches("[A-Za-z0-9._-]+").hasSizeLessThan(28_000);
            SeenIndexes read = SessionTokens.read(token);
            assertThat(read.snapshot()).as("seed %d", seed).isEqualTo(seen.snapshot());
        }
    }

    @Test
    void aTokenIsAFewBytesForEachShard() {
        SeenIndexes seen = new SeenIndexes(SessionTokens.MAX_SHARDS);
        LongStream.rangeClosed(1, 100).forEach(shard -> seen.saw(shard, 1_000_000 + shard));
        assertThat(SessionTokens.write(seen)).hasSizeLessThan(600);
    }

    @Test
    void aTokenThatWasChangedAnywhereIsRefused() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        SeenIndexes seen = new SeenIndexes(SessionTokens.MAX_SHARDS);
        LongStream.rangeClosed(1, 20).forEach(shard -> seen.saw(shard, shard * 1000));
        String token = SessionTokens.write(seen);
        for (int i = 0; i < 500; i++) {
            StringBuilder changed = new StringBuilder(token);
            // The last characters may carry bits that mean nothing.
            int at = random.nextInt(token.length() - 2);
            char was = changed.charAt(at);
            changed.setCharAt(at, was == 'A' ? 'B' : 'A');
            assertThat(catchThrowable(() -> SessionTokens.read(changed.toString())))
                    .as("seed %d", seed)
                    .isInstanceOf(MdsException.class)
                    .hasMessageStartingWith("session token: ");
        }
    }
}
