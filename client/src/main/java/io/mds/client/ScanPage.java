package io.mds.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Some rows of a scan, and the way to those that follow.
 *
 * <p><em>Thread:</em> each page may be asked once for the next one.
 */
public interface ScanPage {

    /** In the scan's order; empty only on the last page. */
    List<Row> rows();

    /** As {@link RowStream#staleness()}, up to this page. */
    Optional<Duration> staleness();

    /** False when this is the last page. True does not promise that the next one has rows. */
    boolean hasNext();

    /** The next page; at most one call. Fails with INVALID_ARGUMENT after the last page. */
    CompletableFuture<ScanPage> next();
}
