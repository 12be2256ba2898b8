package io.mds.client;

import io.mds.client.MetadataCheck.MasterDigest;
import io.mds.client.internal.ClusterAccess;
import io.mds.client.internal.Failures;
import io.mds.proto.Address;
import io.mds.proto.ClusterStatusRequest;
import io.mds.proto.MasterStatus;
import io.mds.proto.Reply;
import io.mds.proto.Request;
import io.mds.proto.StateDigestReply;
import io.mds.proto.StateDigestRequest;
import io.mds.rpc.Deadline;
import io.mds.rpc.HostPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks the active master for the digest after its last entry of the OpLog, and the standbys for theirs after the same one.
 *
 * <p>A standby may not have come to that entry yet, or have begun after it; so they are asked again a few times, in the
 * second case for a newer entry.
 *
 * <p><em>Thread:</em> any; nothing here blocks.
 */
record MetadataComparison(ClusterAccess access, Deadline deadline) {
    private static final int ATTEMPTS = 10;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    /** For one master, which may be gone without anybody having noticed. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    CompletableFuture<MetadataCheck> run() {
        Request.Builder status = Request.newBuilder().setClusterStatus(ClusterStatusRequest.getDefaultInstance());
        return access.ask("cluster status", status, deadline).thenCompose(reply -> {
            if (!reply.hasClusterStatus()) {
                throw Calls.unexpected(reply);
            }
            List<MasterStatus> masters = reply.getClusterStatus().getMastersList().stream()
                    .sorted(Comparator.comparing(master -> !master.getActive()))
                    .toList();
            return attempt(masters, 0, 1);
        });
    }

    /** @param sequence of the entry to compare at; 0 for the active master's last */
    private CompletableFuture<MetadataCheck> attempt(List<MasterStatus> masters, long sequence, int number) {
        return access.ask("digest of the metadata", request(sequence), deadline)
                .thenApply(MetadataComparison::digest)
                .thenCompose(expected -> Fanout.run(
                                masters.size(),
                                Math.max(1, masters.size()),
                                i -> masters.get(i).getActive()
                                        ? CompletableFuture.<Object>completedFuture(expected)
                                        : ask(masters.get(i), expected.getSequence()))
                        .thenCompose(answers -> judge(masters, expected, answers, number)));
    }

    private CompletableFuture<MetadataCheck> judge(
            List<MasterStatus> masters, StateDigestReply expected, List<Object> answers, int number) {
        List<MasterDigest> found = new ArrayList<>();
        boolean again = false;
        boolean passed = false;
        for (int i = 0; i < answers.size(); i++) {
            MasterDigest master = judged(masters.get(i), expected, answers.get(i));
            found.add(master);
            again |= master.digest().isEmpty();
            passed |= answers.get(i) instanceof StateDigestReply reply
                    && reply.getDigest().isEmpty()
                    && reply.getSequence() >= expected.getSequence();
        }
        if (!again || number == ATTEMPTS || deadline.remainingNanos() <= 2 * PAUSE_NANOS) {
            return CompletableFuture.completedFuture(new MetadataCheck(expected.getSequence(), found));
        }
        long next = passed ? 0 : expected.getSequence();
        return access.after(PAUSE_NANOS).thenCompose(over -> attempt(masters, next, number + 1));
    }

    private static MasterDigest judged(MasterStatus master, StateDigestReply expected, Object answer) {
        Address address = master.getAddress();
        String at = address.getHost() + ":" + address.getPort();
        String problem = "";
        if (!(answer instanceof StateDigestReply reply)) {
            problem = String.valueOf(((Throwable) answer).getMessage());
        } else if (reply.getDigest().isEmpty()) {
            problem = "it is at entry " + reply.getSequence() + " and does not know the digest after entry "
                    + expected.getSequence();
        } else {
            return new MasterDigest(
                    master.getId(), at, master.getActive(), Optional.of(reply.getDigest()), reply.getZnodes(), "");
        }
        return new MasterDigest(master.getId(), at, master.getActive(), Optional.empty(), 0, problem);
    }

    private CompletableFuture<Object> ask(MasterStatus master, long sequence) {
        Duration left = Duration.ofNanos(Math.max(1, deadline.remainingNanos()));
        Deadline mine = Deadline.after(left.compareTo(PATIENCE) < 0 ? left : PATIENCE);
        return access.askAt(HostPort.of(master.getAddress()), request(sequence), mine)
                .<Object>thenApply(MetadataComparison::digest)
                .exceptionally(Failures::unwrap);
    }

    private static Request.Builder request(long sequence) {
        return Request.newBuilder()
                .setStateDigest(StateDigestRequest.newBuilder().setSequence(sequence));
    }

    private static StateDigestReply digest(Reply reply) {
        if (!reply.hasStateDigest()) {
            throw Calls.unexpected(reply);
        }
        return reply.getStateDigest();
    }
}
