package io.mds.region.snapshot;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.FetchSnapshotReply;
import io.mds.proto.FetchSnapshotRequest;
import io.mds.proto.Reply;
import io.mds.rpc.Replier;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** A way to a server within the process, on which the answer to any call can be made to fail. */
final class TestingSource implements Function<FetchSnapshotRequest, CompletableFuture<Reply>> {
    /** What becomes of the answer to a call. */
    interface Fault {
        /** @param call counted from 1 */
        CompletableFuture<Reply> of(int call, FetchSnapshotRequest request, CompletableFuture<Reply> answer);
    }

    static final Fault NONE = (call, request, answer) -> answer;

    private final SnapshotServer server;
    private final Fault fault;
    private final List<FetchSnapshotRequest> calls = new ArrayList<>();
    private final AtomicLong largest = new AtomicLong();

    TestingSource(SnapshotServer server, Fault fault) {
        this.server = server;
        this.fault = fault;
    }

    @Override
    public CompletableFuture<Reply> apply(FetchSnapshotRequest request) {
        int call;
        synchronized (calls) {
            calls.add(request);
            call = calls.size();
        }
        return fault.of(call, request, fetch(server, request)).thenApply(reply -> {
            largest.accumulateAndGet(reply.getSerializedSize(), Math::max);
            return reply;
        });
    }

    /** What the server answers. */
    static CompletableFuture<Reply> fetch(SnapshotServer server, FetchSnapshotRequest request) {
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        server.fetch(request, new Replier() {
            @Override
            public void reply(Reply.Builder reply) {
                answer.complete(reply.build());
            }

            @Override
            public void fail(MdsException error) {
                answer.completeExceptionally(error);
            }
        });
        return answer;
    }

    static Fault failing(int failing, ErrorCode code) {
        return (call, request, answer) -> call == failing
                ? CompletableFuture.failedFuture(MdsException.of(code, "call " + call + " fails"))
                : answer;
    }

    static Fault changing(int changed, Function<FetchSnapshotReply.Builder, FetchSnapshotReply.Builder> change) {
        return (call, request, answer) -> call == changed
                ? answer.thenApply(reply -> reply.toBuilder()
                        .setFetchSnapshot(change.apply(reply.getFetchSnapshot().toBuilder()))
                        .build())
                : answer;
    }

    List<FetchSnapshotRequest> calls() {
        synchronized (calls) {
            return List.copyOf(calls);
        }
    }

    /** Bytes of the largest answer. */
    long largest() {
        return largest.get();
    }

    /** How often a snapshot was begun. */
    long begins() {
        return calls().stream().filter(each -> each.getSnapshotId() == 0).count();
    }
}
