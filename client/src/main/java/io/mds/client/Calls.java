package io.mds.client;

import io.mds.client.internal.Failures;
import io.mds.error.MdsException;
import io.mds.idle.IdleSpin;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.mds.rpc.EventLoops;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The two ways to end a call: waiting for it, or giving its future to the user. */
final class Calls {
    /** The parts of a call keep its deadline themselves; this only guards against a defect in them. */
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private Calls() {}

    /**
     * To be called before anything is sent.
     *
     * @throws IllegalStateException on a network thread, which would wait for itself
     */
    static void requireMayBlock() {
        EventLoops.assertMayBlock();
    }

    /** Waits for a call that holds its own deadline; fails with a stack trace of this thread. */
    static <T> T await(IdleSpin spin, CompletableFuture<T> call, long deadlineNanos) {
        return awaitAtMost(spin, call, deadlineNanos + GRACE_NANOS, "the call did not end by its deadline");
    }

    /** Waits for something that may go on for longer. */
    static <T> T awaitAtMost(IdleSpin spin, CompletableFuture<T> call, long nanos, String late) {
        IdleSpin.Look look = spin.look();
        while (!call.isDone() && look.again()) {
            // Blocking and being woken takes longer than many an answer.
        }
        look.found();
        try {
            return call.get(nanos, TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw Failures.atCaller(Failures.unwrap(e));
        } catch (TimeoutException e) {
            throw MdsException.builder(ErrorCode.DEADLINE_EXCEEDED, late)
                    .outcomeUnknown()
                    .cause(e)
                    .build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw MdsException.builder(ErrorCode.UNAVAILABLE, "interrupted while waiting for the answer")
                    .retryable(false)
                    .outcomeUnknown()
                    .cause(e)
                    .build();
        }
    }

    /**
     * The future that a user gets: completed by the executor if there is one; faults of arguments are in it, too.
     * It fails with an {@link MdsException}, unwrapped.
     */
    static <T> CompletableFuture<T> async(Executor executor, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> started;
        try {
            started = call.get();
        } catch (MdsException e) {
            started = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<T> delivered = new CompletableFuture<>();
        CompletableFuture<T> unused = started.whenComplete((value, error) -> {
            if (executor == null) {
                deliver(delivered, value, error);
                return;
            }
            try {
                executor.execute(() -> deliver(delivered, value, error));
            } catch (RejectedExecutionException e) {
                // Better a callback on this thread than one that never runs.
                deliver(delivered, value, error);
            }
        });
        return delivered;
    }

    private static <T> void deliver(CompletableFuture<T> to, T value, Throwable error) {
        if (error == null) {
            to.complete(value);
        } else {
            to.completeExceptionally(Failures.unwrap(error));
        }
    }

    /** A peer that answers something else than it was asked is defective. */
    static MdsException unexpected(Reply reply) {
        return MdsException.builder(ErrorCode.INTERNAL, "unexpected answer of kind " + reply.getBodyCase())
                .outcomeUnknown()
                .build();
    }
}
