package io.mds.client;

import io.mds.client.internal.WatchPositions;
import io.mds.error.MdsException;
import java.util.Optional;

/** Where to begin to watch a table. Immutable. */
public final class WatchFrom {
    private final WatchPositions positions;

    private WatchFrom(WatchPositions positions) {
        this.positions = positions;
    }

    /** With whatever is written from now on. */
    public static WatchFrom now() {
        return new WatchFrom(null);
    }

    /**
     * After what a stream had told when it gave this token, in this process or another.
     *
     * @throws MdsException INVALID_ARGUMENT when it is not such a token
     */
    public static WatchFrom token(String token) {
        return new WatchFrom(WatchPositions.read(token.strip()));
    }

    /** Empty for now. */
    Optional<WatchPositions> positions() {
        return Optional.ofNullable(positions);
    }

    @Override
    public String toString() {
        return positions == null ? "now" : positions.write();
    }
}
