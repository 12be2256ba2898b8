package io.mds.bench;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.mds.proto.GetRoutesReply;

/** What the clients of a dead master were told by the next one. Thread: any. */
final class ReturnTally {
    @GuardedBy("this")
    private Told told = new Told(0, 0, 0, 0, 0, 0, 0, 0, null);

    /**
     * All of it up to now.
     *
     * @param clients that have come back and been answered
     * @param lastNanos when the last of them was
     * @param current answers that a table is as the client knows it
     * @param deltas answers with the shards of a table that are elsewhere
     * @param full answers with all of a table
     * @param missing tables that the master does not know or cannot tell of
     * @param bytes of all answers
     * @param refusals attempts in vain, which were repeated
     */
    record Told(
            int clients,
            long lastNanos,
            long current,
            long deltas,
            long full,
            long missing,
            long bytes,
            long refusals,
            String firstRefusal) {}

    synchronized void returned(GetRoutesReply reply) {
        told = new Told(
                told.clients + 1,
                System.nanoTime(),
                told.current + reply.getCurrentCount(),
                told.deltas + reply.getDeltasCount(),
                told.full + reply.getRoutesCount(),
                told.missing + reply.getMissingCount(),
                told.bytes + reply.getSerializedSize(),
                told.refusals,
                told.firstRefusal);
    }

    synchronized void refused(Throwable why) {
        told = new Told(
                told.clients,
                told.lastNanos,
                told.current,
                told.deltas,
                told.full,
                told.missing,
                told.bytes,
                told.refusals + 1,
                told.firstRefusal == null ? why.toString() : told.firstRefusal);
    }

    synchronized Told told() {
        return told;
    }
}
