package io.mds.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;

/**
 * Runs many calls with a bounded number under way. After the first failure no more are started; the whole ends when all that
 * were started have.
 *
 * <p><em>Thread:</em> any; calls are started outside the lock.
 */
final class Fanout<T> {
    private final IntFunction<CompletableFuture<T>> calls;
    private final int count;
    private final CompletableFuture<List<T>> result = new CompletableFuture<>();

    @GuardedBy("this")
    private final List<T> answers;

    @GuardedBy("this")
    private int started;

    @GuardedBy("this")
    private int underWay;

    @GuardedBy("this")
    private Throwable failure;

    private Fanout(int count, IntFunction<CompletableFuture<T>> calls) {
        this.count = count;
        this.calls = calls;
        this.answers = new ArrayList<>(Collections.nCopies(count, null));
    }

    /** The answers in the order of the calls' numbers, from 0. */
    static <T> CompletableFuture<List<T>> run(int count, int width, IntFunction<CompletableFuture<T>> calls) {
        if (count == 0) {
            return CompletableFuture.completedFuture(List.of());
        }
        Fanout<T> fanout = new Fanout<>(count, calls);
        for (int i = 0; i < Math.min(width, count); i++) {
            fanout.startNext();
        }
        return fanout.result;
    }

    private void startNext() {
        int number;
        synchronized (this) {
            if (started == count || failure != null) {
                return;
            }
            number = started++;
            underWay++;
        }
        CompletableFuture<T> call;
        try {
            call = calls.apply(number);
        } catch (RuntimeException e) {
            call = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<T> unused = call.whenComplete((answer, error) -> ended(number, answer, error));
    }

    private void ended(int number, T answer, Throwable error) {
        Throwable failed;
        boolean over;
        synchronized (this) {
            underWay--;
            if (error == null) {
                answers.set(number, answer);
            } else if (failure == null) {
                failure = error;
            }
            failed = failure;
            over = underWay == 0 && (started == count || failed != null);
        }
        if (!over) {
            startNext();
        } else if (failed != null) {
            result.completeExceptionally(failed);
        } else {
            result.complete(answers());
        }
    }

    private synchronized List<T> answers() {
        return Collections.unmodifiableList(answers);
    }
}
