package io.mds.master.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.id.RegionId;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static Placement.Candidate candidate(long id, int ofThisTable, int inAll) {
        return new Placement.Candidate(new RegionId(id), ofThisTable, inAll, 0, 0);
    }

    @Property(tries = 200)
    void aNewTableIsSpreadEvenlyWhateverTheRegionsHoldAlready(
            @ForAll @IntRange(max = 200) int shards,
            @ForAll @IntRange(min = 1, max = 5) int replicas,
            @ForAll @Size(min = 1, max = 10) List<@IntRange(max = 1000) Integer> held) {
        List<Placement.Candidate> candidates = IntStream.range(0, held.size())
                .mapToObj(i -> candidate(i + 1, 0, held.get(i)))
                .toList();
        List<List<RegionId>> placed = Placement.place(shards, replicas, candidates);
        assertThat(placed)
                .hasSize(shards)
                .allSatisfy(regions ->
                        assertThat(regions).doesNotHaveDuplicates().hasSize(Math.min(replicas, held.size())));
        List<RegionId> all = placed.stream().flatMap(List::stream).toList();
        assertThat(difference(candidates, all)).isLessThanOrEqualTo(1);
        List<RegionId> leaders = placed.stream().map(r -> r.get(0)).toList();
        assertThat(placed)
                .allSatisfy(regions -> assertThat(regions)
                        .as("replicas that lead two less than the leader of theirs")
                        .noneMatch(region -> Collections.frequency(leaders, region) + 2
                                <= Collections.frequency(leaders, regions.get(0))));
    }

    private static int difference(List<Placement.Candidate> candidates, List<RegionId> chosen) {
        List<Integer> counts = candidates.stream()
                .map(c -> Collections.frequency(chosen, c.region()))
                .toList();
        return Collections.max(counts) - Collections.min(counts);
    }

    @Test
    void aSingleShardGoesToTheRegionsWithTheFewest() {
        assertThat(Placement.place(1, 2, List.of(candidate(1, 0, 5), candidate(2, 0, 3), candidate(3, 0, 4))))
                .containsExactly(List.of(new RegionId(2), new RegionId(3)));
    }

    @Test
    void theSpreadWithinTheTableCountsBeforeTheSpreadInAll() {
        assertThat(Placement.place(1, 1, List.of(candidate(1, 1, 1), candidate(2, 0, 100))))
                .containsExactly(List.of(new RegionId(2)));
    }

    @Test
    void withoutRegionsThereIsNoPlacement() {
        assertThatThrownBy(() -> Placement.place(1, 1, List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
