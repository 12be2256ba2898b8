package io.mds.master.procedures;

import io.mds.error.MdsException;
import io.mds.proto.Reply;
import io.mds.rpc.Deadline;
import io.mds.rpc.Replier;

/** Who waits for a procedure's end, if anybody: a resumed procedure has nobody. */
final class Answer {
    static final Answer NOBODY = new Answer(null, null);

    private final Replier replier;
    private final Deadline deadline;

    Answer(Replier replier, Deadline deadline) {
        this.replier = replier;
        this.deadline = deadline;
    }

    boolean isLate() {
        return deadline != null && deadline.isExpired();
    }

    void reply(Reply.Builder reply) {
        if (replier != null) {
            replier.reply(reply);
        }
    }

    void fail(MdsException e) {
        if (replier != null) {
            replier.fail(e);
        }
    }
}
