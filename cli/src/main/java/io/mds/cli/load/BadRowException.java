package io.mds.cli.load;

/** A piece of input that is no row of the table; the message names the place. */
public final class BadRowException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadRowException(String problem) {
        super(problem, null, false, false);
    }
}
