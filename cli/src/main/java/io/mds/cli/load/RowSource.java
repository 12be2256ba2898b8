package io.mds.cli.load;

import io.mds.client.Row;
import java.io.IOException;

/** Rows to import, one after the other. */
public interface RowSource extends AutoCloseable {

    /**
     * The next row, or null at the end.
     *
     * @throws BadRowException for input that is no row; the next call goes on behind it
     */
    Row next() throws IOException;

    /** How much has been read, from 0 to 1; negative while nobody knows. */
    double share();

    @Override
    void close() throws IOException;
}
