package io.mds.bench;

import java.util.List;
import java.util.Random;

/** One system under load, running from its construction to {@link #close}; used by one measuring thread at a time. */
interface Target extends AutoCloseable {
    String name();

    /** How many copies of a row are written before a write is answered. */
    int replicas();

    boolean supports(Scenario scenario);

    /** Creates the table and fills it with all {@link Rows}. */
    void load(Rows rows) throws Exception;

    /** Prepares for so many clients at once, before a measurement with them. */
    default void expectClients(int clients) {}

    /** Whether what is slow about a young process, apart from its compilers, is over. Asked while it is under load. */
    default boolean isSettled() {
        return true;
    }

    /** What one client does; called by that client's thread only. */
    Client client(Rows rows);

    /** Others that can only be measured while this one runs; this one closes them. */
    default List<Target> alongside() {
        return List.of();
    }

    @Override
    void close();

    /** One closed-loop client. */
    @FunctionalInterface
    interface Client {
        /** One operation on a directory and a name that the random numbers choose; throws when its answer is wrong. */
        void run(Scenario scenario, Random random) throws Exception;
    }
}
