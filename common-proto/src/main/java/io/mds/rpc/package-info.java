/**
 * A small multiplexed RPC over Netty: length-prefixed protobuf frames, one connection per pair of processes, requests
 * pipelined and answered out of order, and after the handshake either side may call the other.
 *
 * <p>Thread: everything that belongs to a connection happens on its event loop; calls and replies may come from any thread
 * and are handed over with at most one wake-up for all that wait. Handlers run on event loops and must not block.
 *
 * <p>Invariant: every call ends, by an answer, its deadline or the end of its connection, and the error says whether the
 * request may have been applied.
 */
package io.mds.rpc;
