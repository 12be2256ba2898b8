package io.mds.master.metadata;

import io.mds.error.MdsException;
import io.mds.id.Epoch;
import io.mds.proto.ErrorCode;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * One master's claim to one epoch, handed to each write of metadata and asked before each answer.
 *
 * <p>The claim is good for as long as ZooKeeper cannot have expired the session that holds the latch: a fixed time from
 * the <em>sending</em> of the last checked write that succeeded. A process that was stopped finds its own clock past
 * that limit before it finds anything else, so it answers nothing from before.
 *
 * <p>Thread: any. Once {@link #revoke revoked}, never valid again.
 */
public final class Leadership {
    private final Epoch epoch;
    private final int epochZnodeVersion;
    private final long opLogSince;
    private final Duration validFor;
    private final LongSupplier nanoClock;
    private final AtomicLong provenAtNanos;
    private final AtomicReference<String> revoked = new AtomicReference<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean suspended;

    /**
     * @param epochZnodeVersion version of the epoch znode that this epoch's own write left behind
     * @param opLogSince the first of an unbroken row of epochs up to this one whose masters wrote every change to the OpLog
     * @param provenAtNanos when the write that took the epoch was sent
     * @param validFor less than the session timeout
     */
    public Leadership(
            Epoch epoch,
            int epochZnodeVersion,
            long opLogSince,
            long provenAtNanos,
            Duration validFor,
            LongSupplier nanoClock) {
        this.epoch = epoch;
        this.epochZnodeVersion = epochZnodeVersion;
        this.opLogSince = opLogSince;
        this.validFor = validFor;
        this.nanoClock = nanoClock;
        this.provenAtNanos = new AtomicLong(provenAtNanos);
    }

    /** What those are told who wait for something when a leadership ends; whoever says so adds what became of it. */
    public static MdsException.Builder ended(String what, String reason) {
        return MdsException.builder(
                        ErrorCode.UNAVAILABLE, what + ": this master is no longer active (" + reason + "); try again")
                .withoutStackTrace();
    }

    public Epoch epoch() {
        return epoch;
    }

    public int epochZnodeVersion() {
        return epochZnodeVersion;
    }

    /** A replica that follows the OpLog since the same epoch has missed nothing. */
    public long opLogSince() {
        return opLogSince;
    }

    /** True while no other master can have taken over. Answers are given only while this holds. */
    public boolean isValid() {
        return revoked.get() == null && nanoClock.getAsLong() - provenAtNanos.get() < validFor.toNanos();
    }

    /** True when a write of metadata may be tried: valid, and connected to ZooKeeper. */
    public boolean mayWrite() {
        return !suspended && isValid();
    }

    /** How long since a checked write that succeeded was sent. */
    public Duration sinceProof() {
        return Duration.ofNanos(nanoClock.getAsLong() - provenAtNanos.get());
    }

    public Duration validFor() {
        return validFor;
    }

    /** A write with the epoch's check, sent at this time, has succeeded. */
    public void prove(long sentAtNanos) {
        provenAtNanos.accumulateAndGet(sentAtNanos, (before, now) -> now - before > 0 ? now : before);
    }

    /** On SUSPENDED and on RECONNECTED. */
    public void suspended(boolean value) {
        suspended = value;
    }

    public boolean isSuspended() {
        return suspended;
    }

    /** Ends this leadership for good; the first reason counts. */
    public void revoke(String reason) {
        if (revoked.compareAndSet(null, reason)) {
            ended.countDown();
        }
    }

    public boolean isRevoked() {
        return revoked.get() != null;
    }

    /** Why it was revoked, or null. */
    public String revocation() {
        return revoked.get();
    }

    /** Waits for the end; false when the limit came first. */
    public boolean awaitEnd(Duration limit) throws InterruptedException {
        return ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public String toString() {
        String reason = revoked.get();
        return "epoch " + epoch + (reason == null ? "" : " (ended: " + reason + ")");
    }
}
