package io.mds.client.testing;

import io.mds.error.MdsException;

/**
 * What happens to one request instead of the usual.
 *
 * @param apply whether the request takes effect
 * @param answer what becomes of the answer
 * @param error the answer of a request that is refused
 */
public record Fault(boolean apply, Answer answer, MdsException error) {
    /** What the client gets to see. */
    public enum Answer {
        REFUSAL,
        SILENCE,
        CUT_CONNECTION
    }

    public static Fault refuse(MdsException error) {
        return new Fault(false, Answer.REFUSAL, error);
    }

    /** The request is lost together with its connection. */
    public static Fault cutBeforeApplying() {
        return new Fault(false, Answer.CUT_CONNECTION, null);
    }

    /** The answer is lost together with its connection. */
    public static Fault cutAfterApplying() {
        return new Fault(true, Answer.CUT_CONNECTION, null);
    }

    public static Fault silence() {
        return new Fault(false, Answer.SILENCE, null);
    }

    public static Fault silenceAfterApplying() {
        return new Fault(true, Answer.SILENCE, null);
    }
}
