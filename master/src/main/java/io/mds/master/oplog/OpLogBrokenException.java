package io.mds.master.oplog;

/** Entries that are needed are not there, and will not come: only the state itself helps now. */
final class OpLogBrokenException extends Exception {
    private static final long serialVersionUID = 1L;

    OpLogBrokenException(String message) {
        super(message, null, false, false);
    }
}
