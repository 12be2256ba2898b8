package io.mds.region.store;

/**
 * The database holds what was not written to it, or lacks what was: a file that is cut, overwritten or unreadable. The
 * message names the database. Nothing in it can be relied on any more; trying again does not help.
 */
public final class DamagedStoreException extends StoreException {
    private static final long serialVersionUID = 1L;

    DamagedStoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
