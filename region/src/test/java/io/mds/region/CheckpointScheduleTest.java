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
    void a_log_that_has_grown_by_half_its_limit_does_not_wait_for_the_interval() {
        assertThat(schedule.isDue(START, 599)).isFalse();
        assertThat(schedule.isDue(START, 600)).isTrue();
    }

    @Test
    void what_a_checkpoint_left_in_the_log_does_not_call_for_another() {
        schedule.done(START, 600);
        assertThat(schedule.isDue(START, 1_099)).isFalse();
        assertThat(schedule.isDue(START, 1_100)).isTrue();
    }

    @Test
    void what_was_written_during_a_checkpoint_counts_for_the_next() {
        schedule.begun(600);
        schedule.flushed(1_000);
        schedule.done(START, 500);
        assertThat(schedule.isDue(START, 599)).isFalse();
        assertThat(schedule.isDue(START, 600)).isTrue();
    }

    @Test
    void a_checkpoint_that_failed_leaves_nothing_to_the_next() {
        schedule.begun(600);
        schedule.flushed(1_000);
        schedule.done(START, 500);
        schedule.begun(600);
        schedule.done(START, 600);
        assertThat(schedule.isDue(START, 1_099)).isFalse();
        assertThat(schedule.isDue(START, 1_100)).isTrue();
    }

    @Test
    void the_less_room_is_left_the_less_it_rests() {
        assertThat(schedule.rests(0)).isEqualTo(9);
        assertThat(schedule.rests(500)).isEqualTo(9);
        assertThat(schedule.rests(625)).isEqualTo(4);
        assertThat(schedule.rests(749)).isZero();
        assertThat(schedule.rests(2_000)).isZero();
    }

    @Test
    void where_little_room_is_left_there_is_no_time_to_rest() {
        assertThat(schedule.isLogLong(749)).isFalse();
        assertThat(schedule.isLogLong(750)).isTrue();
        schedule.done(START, 800);
        assertThat(schedule.isDue(START + Duration.ofSeconds(5).toNanos(), 749)).isFalse();
        assertThat(schedule.isDue(START + Duration.ofSeconds(5).toNanos() - 1, 800))
                .isFalse();
        assertThat(schedule.isDue(START + Duration.ofSeconds(5).toNanos(), 800)).isTrue();
    }
}
