package io.mds.bench;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** Asks something of very many, of whom only so many are asked at a time. */
final class Waves {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Waves() {}

    /**
     * Returns when all have answered.
     *
     * @param what for the message when one fails: "regions register"
     * @throws IllegalStateException with the first failure, or when nobody answered for a minute
     */
    static <T> void run(String what, Collection<T> all, int atOnce, Function<T, CompletableFuture<?>> question) {
        Semaphore places = new Semaphore(atOnce);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try {
            for (T each : all) {
                take(what, places, 1);
                if (failure.get() != null) {
                    break;
                }
                var unused = question.apply(each).whenComplete((answer, problem) -> {
                    if (problem != null) {
                        failure.compareAndSet(null, problem);
                    }
                    places.release();
                });
            }
            if (failure.get() == null) {
                take(what, places, atOnce);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(what + ": interrupted", e);
        }
        Throwable problem = failure.get();
        if (problem != null) {
            Throwable cause = problem.getCause() == null ? problem : problem.getCause();
            throw new IllegalStateException(what + ": " + cause.getMessage(), problem);
        }
    }

    private static void take(String what, Semaphore places, int count) throws InterruptedException {
        if (!places.tryAcquire(count, LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException(what + ": no answer for " + LIMIT.toSeconds() + " s");
        }
    }
}
