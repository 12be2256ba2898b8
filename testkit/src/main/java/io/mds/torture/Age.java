package io.mds.torture;

import io.mds.client.Freshness;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * How old the answers to one read are at most, by what they tell.
 *
 * <p>Thread: any.
 */
final class Age implements Consumer<Freshness> {
    private long millis;
    private boolean told;
    private boolean unknown;

    @Override
    public synchronized void accept(Freshness answer) {
        told = true;
        unknown |= answer.staleness().isEmpty();
        millis = Math.max(millis, answer.staleness().map(Duration::toMillis).orElse(0L));
    }

    /** Null when one of them does not tell. */
    synchronized Long millis() {
        return told && !unknown ? millis : null;
    }
}
