package io.mds.master.oplog;

import io.mds.znode.OpLogLatest;
import io.mds.znode.ZnodeFormatException;
import java.util.List;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads on from one entry to the end of the log, which is where the next number is not there. */
final class OpLogTail {
    private static final Logger log = LoggerFactory.getLogger(OpLogTail.class);
    private static final int FIRST_WINDOW = 2;
    private static final int LARGEST_WINDOW = 256;
    /** Looks at an entry that is missing while later ones are there. */
    private static final int LOOKS_AT_A_GAP = 3;

    private final OpLogReader reader;
    private final EntryQueue queue;

    OpLogTail(OpLogReader reader, long from) {
        this(reader, new EntryQueue(from));
    }

    OpLogTail(OpLogReader reader, EntryQueue queue) {
        this.reader = reader;
        this.queue = queue;
    }

    /**
     * Gives each entry to the consumer, in order.
     *
     * @return the number of the last one
     * @throws OpLogBrokenException when an entry is missing although later ones are there
     */
    long find(Consumer<OpLogReader.Read> consumer) throws KeeperException, InterruptedException, OpLogBrokenException {
        int window = FIRST_WINDOW;
        int looks = 0;
        while (true) {
            List<OpLogReader.Read> found = reader.read(queue.taken() + 1, window);
            found.forEach(queue::offer);
            boolean moved = drain(consumer);
            if (moved) {
                looks = 0;
            }
            if (queue.waiting() > 0) {
                // Entries are created in order, so that one which a sync does not bring will not come.
                if (++looks > LOOKS_AT_A_GAP) {
                    throw new OpLogBrokenException("entry " + (queue.taken() + 1) + " of the OpLog is missing, and "
                            + queue.waiting() + " later ones are there");
                }
                reader.sync();
            } else if (found.size() < window) {
                return queue.taken();
            } else {
                window = Math.min(LARGEST_WINDOW, window * 2);
            }
        }
    }

    private boolean drain(Consumer<OpLogReader.Read> consumer) {
        boolean moved = false;
        for (OpLogReader.Read next = queue.take(); next != null; next = queue.take()) {
            consumer.accept(next);
            moved = true;
        }
        return moved;
    }

    /** Fails unless the last entry taken is the last that was ever written; to be asked when nobody can write. */
    void requireEnd() throws KeeperException, InterruptedException, OpLogBrokenException {
        OpLogLatest latest = reader.latest();
        long last = queue.taken();
        if (latest.sequence() > last || latest.first() > last + 1 || latest.sequence() + OpLog.LATEST_EVERY < last) {
            throw new OpLogBrokenException("the OpLog was read to entry " + last + ", and goes from " + latest.first()
                    + " to " + latest.sequence() + " or more");
        }
        long largest = largestIfOdd(latest.first(), last);
        if (largest > last) {
            throw new OpLogBrokenException(
                    "entry " + (last + 1) + " of the OpLog is missing, and entry " + largest + " is there");
        }
    }

    /** The number of the last entry, for one that will read the state itself and needs none of the entries up to there. */
    static long lastOf(OpLogReader reader) throws KeeperException, InterruptedException {
        OpLogLatest latest = reader.latest();
        try {
            long last = new OpLogTail(reader, latest.sequence()).find(read -> {});
            // A gap may look like the end. While others write the count may be odd without one, which does no harm.
            return reader.count() == last - latest.first() + 1 ? last : Math.max(last, reader.largest());
        } catch (OpLogBrokenException | ZnodeFormatException e) {
            log.warn("{}; going on after the largest number", e.getMessage());
            return Math.max(latest.sequence(), reader.largest());
        }
    }

    /** The same, when nobody can write: the number that the next entry comes after. */
    static long endOf(OpLogReader reader) throws KeeperException, InterruptedException {
        long last = lastOf(reader);
        return Math.max(
                last, new OpLogTail(reader, last).largestIfOdd(reader.latest().first(), last));
    }

    /** The largest number, if there are not as many entries as there should be; 0 otherwise. */
    private long largestIfOdd(long first, long last) throws KeeperException, InterruptedException {
        int count = reader.count();
        if (count == last - first + 1) {
            return 0;
        }
        long largest = reader.largest();
        log.warn(
                "the OpLog has {} entries (expected: {} to {}); the largest is {}; were some removed by hand?",
                count,
                first,
                last,
                largest);
        return largest;
    }
}
