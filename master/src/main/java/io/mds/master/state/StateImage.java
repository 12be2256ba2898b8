package io.mds.master.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is known of each znode of the state besides what it means: its version, its transaction, and a hash of it.
 *
 * <p>The sum of the hashes is the digest of the whole state. It does not depend on an order, so it is kept by adding and
 * subtracting, at the cost of one hash for each change.
 *
 * <p>Thread: that of its owner, as for {@link ClusterState}.
 */
public final class StateImage {
    private final Map<String, Znode> znodes = new HashMap<>();
    private final MessageDigest hash = sha256();
    private Digest digest = Digest.OF_NOTHING;

    /**
     * @param zxid of the transaction that wrote it last; 0 when the master that wrote it did not need to know
     */
    record Znode(int version, long zxid, long hashHigh, long hashLow) {}

    /**
     * The digest of a state: equal for equal states, and different for others with all but certainty.
     *
     * @param znodes how many there are
     */
    public record Digest(long high, long low, int znodes) {
        static final Digest OF_NOTHING = new Digest(0, 0, 0);

        /** Thirty-two hexadecimal digits. */
        public String text() {
            return String.format(Locale.ROOT, "%016x%016x", high, low);
        }
    }

    public Digest digest() {
        return digest;
    }

    Znode get(String path) {
        return znodes.get(path);
    }

    /** As it was read from ZooKeeper. */
    void put(String path, byte[] data, int version, long zxid) {
        replace(path, hashed(path, data, version, zxid));
    }

    /** Takes changes that have been written, in their order. */
    public void apply(List<Change> changes, long zxid) {
        for (Change change : changes) {
            if (change.isDelete()) {
                replace(change.path(), null);
                continue;
            }
            Znode before = znodes.get(change.path());
            replace(
                    change.path(),
                    hashed(change.path(), change.data(), before == null ? 0 : before.version() + 1, zxid));
        }
    }

    private void replace(String path, Znode next) {
        Znode before = next == null ? znodes.remove(path) : znodes.put(path, next);
        long high = digest.high();
        long low = digest.low();
        if (before != null) {
            high -= before.hashHigh();
            low -= before.hashLow();
        }
        if (next != null) {
            high += next.hashHigh();
            low += next.hashLow();
        }
        digest = new Digest(high, low, znodes.size());
    }

    private Znode hashed(String path, byte[] data, int version, long zxid) {
        hash.update(path.getBytes(StandardCharsets.UTF_8));
        hash.update((byte) 0);
        ByteBuffer sum = ByteBuffer.wrap(hash.digest(data));
        return new Znode(version, zxid, sum.getLong(), sum.getLong());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK lacks SHA-256", e);
        }
    }
}
