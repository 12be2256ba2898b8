package io.mds.master.metadata;

/** A tree in ZooKeeper that this master cannot work on until an operator changes something. */
public final class LayoutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LayoutException(String message) {
        super(message, null, false, false);
    }
}
