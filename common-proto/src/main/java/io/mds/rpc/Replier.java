package io.mds.rpc;

import io.mds.error.MdsException;
import io.mds.proto.Reply;

/** Sends the one answer of a request; from any thread. Later answers, and answers to a closed connection, are dropped. */
public interface Replier {
    void reply(Reply.Builder reply);

    void fail(MdsException error);
}
