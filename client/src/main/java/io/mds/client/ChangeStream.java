package io.mds.client;

import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The changes of a table, without end. What a shard tells is taken no faster than it is consumed here: a shard whose changes
 * wait is not asked for more.
 *
 * <p>When it fails, so does every call from then on; watch again from {@link #token()}, or from now when it failed with
 * NOT_FOUND, because changes were forgotten before they were asked for.
 *
 * <p><em>Thread:</em> one at a time takes changes; {@link #token()} and {@link #close()} may be called by any.
 */
@SuppressWarnings("IterableAndIterator")
public interface ChangeStream extends Iterator<Change>, Iterable<Change>, AutoCloseable {

    /** Waits for a change; false when the stream is closed, meanwhile or before. */
    @Override
    boolean hasNext();

    @Override
    Change next();

    /** The next change, if there is one within this time. */
    Optional<Change> poll(Duration patience);

    /** The next change; ask for the one after it when this has come. Fails with UNAVAILABLE when the stream is closed. */
    CompletableFuture<Change> nextAsync();

    /**
     * The position after all changes taken, for {@link WatchFrom#token(String)}. When several rows were changed by one write and
     * some of them have not been taken, it is the position before that write, so that they are told again.
     */
    String token();

    /** This very object. */
    @Override
    default Iterator<Change> iterator() {
        return this;
    }

    /** Stops watching. Idempotent. */
    @Override
    void close();
}
