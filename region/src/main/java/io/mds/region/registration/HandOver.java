package io.mds.region.registration;

import io.mds.proto.HandOverRequest;
import io.mds.proto.Request;
import io.mds.rpc.Deadline;
import io.mds.rpc.RpcConnection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last that a region wants of its master: other leaders for the shards that it leads, so that nobody has to find out that
 * it is gone. The region goes on serving meanwhile.
 *
 * <p>Thread: run by the thread of the registration; any may wait for it.
 */
final class HandOver {
    private static final Logger LOG = LoggerFactory.getLogger(HandOver.class);
    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(30);

    private final Deadline deadline;
    private final long regionId;
    private final CountDownLatch over = new CountDownLatch(1);

    HandOver(Deadline deadline, long regionId) {
        this.deadline = deadline;
        this.regionId = regionId;
    }

    /** @param connection to the master, or null */
    void run(RpcConnection connection) throws InterruptedException {
        long begun = System.nanoTime();
        try {
            int first = -1;
            int left = -1;
            while (left != 0) {
                if (connection == null || !connection.isOpen()) {
                    LOG.info("region {} ends without handing shards over: it has no master", regionId);
                    return;
                }
                if (deadline.isExpired()) {
                    LOG.warn("region {} ends with {} shards not handed over: its time is up", regionId, left);
                    return;
                }
                if (left > 0) {
                    Thread.sleep(BETWEEN_QUESTIONS.toMillis());
                }
                left = ask(connection);
                first = first < 0 ? left : first;
            }
            if (first > 0) {
                LOG.info(
                        "region {} has handed over {} shards in {} ms",
                        regionId,
                        first,
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            }
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            LOG.info("region {} ends without handing shards over: {}", regionId, e.getMessage());
        } finally {
            over.countDown();
        }
    }

    private int ask(RpcConnection master) throws Exception {
        return Registration.await(
                        master.call(Request.newBuilder().setHandOver(HandOverRequest.getDefaultInstance()), deadline))
                .getHandOver()
                .getLeft();
    }

    void await() throws InterruptedException {
        // The thread that runs it may be in the middle of something else for longer than that.
        boolean unused = over.await(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
    }
}
