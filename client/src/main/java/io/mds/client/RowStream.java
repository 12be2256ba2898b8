package io.mds.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The rows of a scan, once, in order. The next page is fetched while this one is read.
 *
 * <p>Both an {@code Iterator} and an {@code Iterable}, so that it reads well in a loop; there is only one pass.
 *
 * <p><em>Thread:</em> one at a time.
 */
@SuppressWarnings("IterableAndIterator")
public interface RowStream extends Iterator<Row>, Iterable<Row>, AutoCloseable {

    /** Waits for the next page when this one is used up. */
    @Override
    boolean hasNext();

    @Override
    Row next();

    /** This very object. */
    @Override
    default Iterator<Row> iterator() {
        return this;
    }

    /** The rows that are left, as a sequential stream; closing it closes this. */
    default Stream<Row> stream() {
        int properties = Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.IMMUTABLE;
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize((Iterator<Row>) this, properties), false)
                .onClose(this::close);
    }

    /** The rows that are left. Mind the memory: limit the scan. */
    default List<Row> toList() {
        List<Row> rows = new ArrayList<>();
        forEachRemaining(rows::add);
        return rows;
    }

    /**
     * The staleness of the oldest answer that rows came from up to now; zero for strong reads. Absent while there is none, and
     * when a replica that answered does not know.
     */
    Optional<Duration> staleness();

    /** Stops fetching. Idempotent; {@link #hasNext()} is false from now on. */
    @Override
    void close();
}
