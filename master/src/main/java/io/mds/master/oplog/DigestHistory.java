package io.mds.master.oplog;

import io.mds.master.state.StateImage;
import java.util.Optional;

/**
 * The digests after the last entries, so that two masters which are not at the same entry find one that both were at.
 *
 * <p>Thread: written by the owner of the state, read by any.
 */
public final class DigestHistory {
    /** Entries looked back. */
    public static final int SIZE = 4096;

    private final Digested[] ring = new Digested[SIZE];
    private Digested newest;

    /** @param digest of the state after the entry with this sequence */
    public record Digested(long sequence, StateImage.Digest digest) {}

    public synchronized void add(long sequence, StateImage.Digest digest) {
        newest = new Digested(sequence, digest);
        ring[(int) (sequence % SIZE)] = newest;
    }

    public synchronized Optional<Digested> newest() {
        return Optional.ofNullable(newest);
    }

    public synchronized Optional<Digested> at(long sequence) {
        Digested found = sequence < 0 ? null : ring[(int) (sequence % SIZE)];
        return found != null && found.sequence() == sequence ? Optional.of(found) : Optional.empty();
    }
}
