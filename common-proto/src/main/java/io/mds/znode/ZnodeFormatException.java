package io.mds.znode;

/** A znode that holds something other than the record that belongs there. */
public final class ZnodeFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ZnodeFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
