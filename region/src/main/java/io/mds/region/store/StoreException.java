package io.mds.region.store;

/** The database cannot be opened, or failed a statement. The message names what was tried and, where one is known, the way out. */
public class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
