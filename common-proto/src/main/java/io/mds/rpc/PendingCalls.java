package io.mds.rpc;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Reply;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.util.ArrayList;
import java.util.List;

/**
 * The calls of one connection that wait for their answers.
 *
 * <p>Thread: confined to the connection's event loop.
 */
final class PendingCalls {
    private final LongObjectMap<PendingCall> calls = new LongObjectHashMap<>();
    private final String peer;

    PendingCalls(String peer) {
        this.peer = peer;
    }

    boolean isEmpty() {
        return calls.isEmpty();
    }

    void add(PendingCall call) {
        calls.put(call.id(), call);
    }

    /** Ends the call that the reply is for; a reply to a call that has ended before is dropped. */
    void complete(Reply reply) {
        PendingCall call = calls.remove(reply.getCallId());
        if (call == null) {
            return;
        }
        if (reply.hasError()) {
            call.fail(MdsException.fromProto(reply.getError()));
        } else {
            call.succeed(reply);
        }
    }

    /** Ends the calls whose deadlines have passed. */
    void expire(long nowNanos) {
        List<PendingCall> expired = null;
        for (LongObjectMap.PrimitiveEntry<PendingCall> entry : calls.entries()) {
            if (entry.value().deadline().atNanos() - nowNanos <= 0) {
                if (expired == null) {
                    expired = new ArrayList<>();
                }
                expired.add(entry.value());
            }
        }
        if (expired != null) {
            for (PendingCall call : expired) {
                calls.remove(call.id());
                call.fail(MdsException.builder(
                                ErrorCode.DEADLINE_EXCEEDED,
                                call.what() + " to " + peer + " was sent and not answered within its deadline")
                        .outcomeUnknown()
                        .withoutStackTrace()
                        .build());
            }
        }
    }

    void failAll(String reason) {
        List<PendingCall> all = new ArrayList<>(calls.values());
        calls.clear();
        for (PendingCall call : all) {
            call.fail(MdsException.builder(
                            ErrorCode.UNAVAILABLE, call.what() + " to " + peer + " was sent, then " + reason)
                    .outcomeUnknown()
                    .withoutStackTrace()
                    .build());
        }
    }
}
