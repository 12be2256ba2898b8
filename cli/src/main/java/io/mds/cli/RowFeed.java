package io.mds.cli;

import io.mds.cli.load.BadRowException;
import io.mds.cli.load.RowSource;
import io.mds.cli.text.Progress;
import io.mds.client.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;

/** Hands rows of a source to a bulk load, counts them and shows the progress. There is one pass. */
final class RowFeed implements Iterable<Row> {
    private final RowSource source;
    private final Progress progress;
    private final Consumer<BadRowException> skip;
    private Row ahead;
    private boolean ended;
    private long rows;
    private long skipped;

    /**
     * @param skip told of bad rows, which are left out; null to fail at the first
     */
    RowFeed(RowSource source, Progress progress, Consumer<BadRowException> skip) {
        this.source = source;
        this.progress = progress;
        this.skip = skip;
    }

    /** Rows handed out so far. */
    long rows() {
        return rows;
    }

    long skipped() {
        return skipped;
    }

    boolean hasMore() {
        while (ahead == null && !ended) {
            try {
                ahead = source.next();
                ended = ahead == null;
            } catch (BadRowException e) {
                if (skip == null) {
                    throw e;
                }
                skipped++;
                progress.close();
                skip.accept(e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return ahead != null;
    }

    /** The next rows, fewer at the end. */
    List<Row> next(int count) {
        List<Row> next = new ArrayList<>();
        while (next.size() < count && hasMore()) {
            next.add(take());
        }
        return next;
    }

    private Row take() {
        Row row = ahead;
        ahead = null;
        rows++;
        progress.update(rows, source.share());
        return row;
    }

    @Override
    public Iterator<Row> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return hasMore();
            }

            @Override
            public Row next() {
                if (!hasMore()) {
                    throw new NoSuchElementException();
                }
                return take();
            }
        };
    }
}
