package io.mds.region;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CheckpointScheduleTest {
    private static final long START = Long.MAX_VALUE - 1_000;
    private static final Duration INTERVAL = Duration.ofSeconds(60);
    private final CheckpointSchedule schedule = new CheckpointSchedule(INTERVAL, 1_000, START, 100);

    @Test
    void a_checkpoint_is_due_after_the_interval_also_where_the_clock_overflows() {
        assertThat(schedule.isDue(START + INTERVAL.toNanos() - 1, 100)).isFalse();
        assertThat(schedule.isDue(START + INTERVAL.toNanos(), 100)).isTrue();
    }

    @Test
    void a_log_that_has_grown_by_a_quarter_of_its_limit_does_not_wait_for_the_interval() {
        assertThat(schedule.isDue(START, 349)).isFalse();
        assertThat(schedule.isDue(START, 350)).isTrue();
    }

    @Test
    void what_a_checkpoint_left_in_the_log_does_not_call_for_another() {
        schedule.done(START, 350);
        assertThat(schedule.isDue(START, 599)).isFalse();
        assertThat(schedule.isDue(START, 600)).isTrue();
    }
}
