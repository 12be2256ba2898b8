package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.ShardVerification.DifferentRange;
import io.mds.client.testing.Fault;
import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.proto.ErrorCode;
import io.mds.proto.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Comparing the replicas of four shards, all of which are on all three regions. */
class VerificationTest extends ClusterTest {
    private static final int DIRS = 40;

    @BeforeEach
    void fill() {
        cluster.replicate("files");
        files.upsertAll(
                IntStream.range(0, DIRS).mapToObj(i -> file("/d" + i, "f", i)).toList());
    }

    private List<ShardVerification> verify() {
        return mds.withTimeout(Duration.ofSeconds(30)).verify("files", 4, shard -> {});
    }

    @Test
    void equalReplicasAreEqualAndEachShardIsTold() {
        List<ShardVerification> told = new ArrayList<>();
        List<ShardVerification> found = mds.verify("files", 4, told::add);
        assertThat(found).hasSize(4).allMatch(ShardVerification::isEqual);
        assertThat(found).allMatch(shard -> shard.equal().size() == 3 && shard.index() > 0);
        assertThat(found.stream().mapToLong(ShardVerification::rows).sum()).isEqualTo(DIRS);
        assertThat(told).containsExactlyInAnyOrderElementsOf(found);
        assertThat(mds.verifyAsync("files", 1, shard -> {}).join()).allMatch(ShardVerification::isEqual);
    }

    @Test
    void aReplicaThatLacksAChangeIsNamedWithTheKeysAroundIt() {
        cluster.region(2).freeze();
        files.upsert(file("/d17", "f", -1));
        files.insert(file("/d17", "g", 0));
        List<DifferentRange> differences = new ArrayList<>();
        for (ShardVerification shard : verify()) {
            assertThat(shard.isComplete()).isTrue();
            differences.addAll(shard.differences());
        }
        assertThat(differences).isNotEmpty().allMatch(range -> range.region().equals(new RegionId(3)));
        assertThat(differences.stream()
                        .mapToLong(range -> range.leaderRows() - range.rows())
                        .sum())
                .isEqualTo(1);
        assertThat(differences)
                .anyMatch(range -> range.from()
                                .map(from -> dir(from).compareTo("/d17") <= 0)
                                .orElse(true)
                        && range.to().map(to -> dir(to).compareTo("/d17") > 0).orElse(true));
    }

    private static String dir(Key key) {
        return (String) key.get(0);
    }

    @Test
    void aReplicaThatTookNoChecksumsIsAskedAgainForThoseOfALaterEntry() {
        cluster.region(0)
                .failNext(
                        Fault.refuse(MdsException.of(ErrorCode.NOT_FOUND, "none at this index")),
                        Fault.refuse(MdsException.of(ErrorCode.UNAVAILABLE, "restarting")),
                        Fault.refuse(MdsException.of(ErrorCode.NOT_FOUND, "none at this index")));
        assertThat(verify()).allMatch(ShardVerification::isEqual);
    }

    @Test
    void aRegionThatIsDownIsNotComparedAndTheOthersAre() {
        cluster.region(2).stop();
        for (ShardVerification shard : verify()) {
            boolean led = !shard.leader().orElseThrow().equals(new RegionId(3));
            assertThat(shard.isComplete()).isFalse();
            assertThat(shard.differences()).isEmpty();
            assertThat(shard.equal()).hasSize(led ? 2 : 0);
            assertThat(shard.notCompared())
                    .hasSize(led ? 1 : 3)
                    .allMatch(replica -> replica.reason()
                            .contains(cluster.region(2).address().toString()));
        }
    }

    @Test
    void badRangesAndTablesAreRefusedBeforeAnythingIsSent() {
        assertFails(ErrorCode.INVALID_ARGUMENT, "ranges: 0", () -> mds.verify("files", 0, shard -> {}));
        assertFails(ErrorCode.INVALID_ARGUMENT, "ranges: 10001", () -> mds.verify("files", 10_001, shard -> {}));
        assertFails(ErrorCode.NOT_FOUND, "nothing", () -> mds.verify("nothing", 1, shard -> {}));
        assertThat(cluster.region(0).requests()).noneMatch(Request::hasShardChecksum);
    }
}
