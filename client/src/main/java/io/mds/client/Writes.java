package io.mds.client;

import io.mds.client.Encoding.EncodedOperation;
import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.Failures;
import io.mds.client.internal.SeenIndexes;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.proto.Operation;
import io.mds.proto.Outcome;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.WriteReply;
import io.mds.proto.WriteRequest;
import io.mds.rpc.Deadline;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Batches: which shards they go to, and what their answers mean. */
final class Writes {
    private static final int SHARDS_AT_ONCE = 16;

    private Writes() {}

    /** A write's answer, which must speak of this many operations. */
    static WriteReply answer(Reply reply, int operations) {
        if (reply.getWrite().getExistedCount() != operations) {
            throw Calls.unexpected(reply);
        }
        return reply.getWrite();
    }

    static CompletableFuture<Reply> send(
            ClusterAccess access,
            Target target,
            int shard,
            List<Operation> operations,
            SeenIndexes seen,
            Deadline deadline) {
        return access.write(
                target.table(),
                target.routes(),
                shard,
                (ref, id) -> Request.newBuilder()
                        .setWrite(WriteRequest.newBuilder()
                                .setShard(ref)
                                .setRequestId(id)
                                .addAllOperations(operations)),
                seen,
                deadline);
    }

    static CompletableFuture<List<WriteResult>> batch(
            ClusterAccess access, Target target, Batch batch, SeenIndexes seen, Deadline deadline) {
        List<EncodedOperation> encoded = new ArrayList<>(batch.size());
        Map<Integer, List<Integer>> positions = new TreeMap<>();
        for (Batch.Operation operation : batch.operations()) {
            EncodedOperation one = Encoding.operation(target.layout(), operation);
            positions.computeIfAbsent(one.shard(), ignored -> new ArrayList<>()).add(encoded.size());
            encoded.add(one);
        }
        if (encoded.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        if (batch.isAtomic() && positions.size() > 1) {
            throw overSeveralShards(target, positions);
        }
        List<Part> parts = new ArrayList<>();
        positions.forEach((shard, list) -> parts.add(new Part(shard, list)));
        WriteResult[] results = new WriteResult[encoded.size()];
        MdsException[] failures = new MdsException[parts.size()];
        return Fanout.run(parts.size(), SHARDS_AT_ONCE, number -> {
                    Part part = parts.get(number);
                    List<Operation> operations = part.positions().stream()
                            .map(position -> encoded.get(position).operation())
                            .toList();
                    return send(access, target, part.shard(), operations, seen, deadline)
                            .handle((reply, error) -> {
                                if (error == null) {
                                    part.fill(results, answer(reply, operations.size()));
                                } else {
                                    failures[number] = part.translate(Failures.unwrap(error));
                                }
                                return null;
                            });
                })
                .thenApply(done -> {
                    throwFirst(failures);
                    return List.of(results);
                });
    }

    /** The operations of a batch that go to one shard, by their positions in the batch. */
    private record Part(int shard, List<Integer> positions) {
        void fill(WriteResult[] results, WriteReply answer) {
            for (int i = 0; i < positions.size(); i++) {
                results[positions.get(i)] = new WriteResult(answer.getVersion(), answer.getExisted(i));
            }
        }

        /** The position that the shard named, as the user counts. */
        MdsException translate(MdsException e) {
            int position = e.operation().orElse(-1);
            if (position < 0 || position >= positions.size() || positions.get(position) == position) {
                return e;
            }
            return Failures.withOperation(e, positions.get(position));
        }
    }

    /** When one shard's part failed, those of the others may have been applied: then the whole is in an unknown state. */
    private static void throwFirst(MdsException[] failures) {
        MdsException first = null;
        int failed = 0;
        for (MdsException failure : failures) {
            if (failure != null) {
                failed++;
                first = first == null ? failure : first;
            }
        }
        if (first != null) {
            throw failures.length == 1
                    ? first
                    : Failures.partly(
                            first,
                            failed + " of the batch's " + failures.length
                                    + " parts, one for each shard, failed; first: ",
                            failed == failures.length && Collections.max(outcomes(failures)) == 0);
        }
    }

    private static List<Integer> outcomes(MdsException[] failures) {
        List<Integer> unknown = new ArrayList<>();
        for (MdsException failure : failures) {
            unknown.add(failure.outcome() == Outcome.NOT_APPLIED ? 0 : 1);
        }
        return unknown;
    }

    private static MdsException overSeveralShards(Target target, Map<Integer, List<Integer>> positions) {
        StringBuilder where = new StringBuilder();
        positions.forEach((shard, list) -> where.append(where.length() == 0 ? "" : ", ")
                .append("operation ")
                .append(list.get(0))
                .append(" is on shard ")
                .append(shard));
        String shown = where.length() <= 200 ? where.toString() : where.substring(0, 200) + "...";
        return MdsException.of(
                ErrorCode.INVALID_ARGUMENT,
                "table '" + target.table().name() + "': an atomic batch must be on one shard, but " + shown
                        + "; use rows with one partition key, or Batch.splitByShard()");
    }
}
