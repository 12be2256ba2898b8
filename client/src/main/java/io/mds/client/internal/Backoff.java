package io.mds.client.internal;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before a retry: doubling from a minimum to a maximum, then jittered down by up to a half. */
record Backoff(Duration min, Duration max) {

    /**
     * @param failures how many attempts have failed, from 1
     */
    long nanos(int failures) {
        long wait = min.toNanos() << Math.min(failures - 1, 20);
        long bounded = Math.min(wait, max.toNanos());
        return bounded / 2 + ThreadLocalRandom.current().nextLong(bounded / 2 + 1);
    }
}
