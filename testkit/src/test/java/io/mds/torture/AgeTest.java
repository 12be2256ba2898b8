package io.mds.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.Freshness;
import io.mds.id.ShardId;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AgeTest {
    private final Age age = new Age();

    private void answer(Long millis) {
        age.accept(new Freshness(new ShardId(1), 1, Optional.ofNullable(millis).map(Duration::ofMillis)));
    }

    @Test
    void theOldestAnswerCounts() {
        answer(7L);
        answer(3L);
        assertThat(age.millis()).isEqualTo(7);
    }

    @Test
    void nothingIsKnownWhenOneAnswerDoesNotTellOrThereIsNone() {
        assertThat(age.millis()).isNull();
        answer(7L);
        answer(null);
        assertThat(age.millis()).isNull();
    }
}
