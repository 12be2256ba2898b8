package io.mds.testkit;

import java.nio.file.Path;

/** One master or region of a test cluster, and what can be done to it. */
public interface Member {
    enum Role {
        MASTER,
        REGION
    }

    Role role();

    /** {@code master-1}, {@code region-3}: the role and the position, from 1. */
    String name();

    /** The port that others are told to connect to. */
    int port();

    int adminPort();

    boolean isRunning();

    /** Of the process that it runs in; that of this JVM for members inside it. */
    long pid();

    /** Starts it, with the data it had; does not wait until it serves. */
    void start();

    /** Ends it in order. */
    void stop();

    /** Ends it at once: {@code kill -9}, or the nearest thing inside one JVM. */
    void kill();

    /** Stops it in order and starts it again. */
    default void restart() {
        stop();
        start();
    }

    /**
     * {@code kill -STOP}.
     *
     * @throws UnsupportedOperationException for members inside this JVM
     */
    void pause();

    /** {@code kill -CONT}. */
    void resume();

    /** Closes every RPC connection that others opened to it; they may connect again. */
    void cutConnections();

    /** Closes every RPC connection that others opened to it, and refuses new ones until {@link #reconnect()}. */
    void isolate();

    void reconnect();

    Path directory();

    /** What it logged; empty for members inside this JVM, which log with everybody else. */
    String output();
}
