/**
 * The client library: the public API of MDS.
 *
 * <p>Start at {@link io.mds.client.MdsClient#connect(String)}. Every call exists twice: {@code get} waits for the answer on
 * the calling thread, {@code getAsync} returns a future. Every call has a deadline and fails with
 * {@link io.mds.error.MdsException}, whose {@code outcome()} says whether a write was not applied or may have been.
 *
 * <p><em>Thread:</em> clients and tables may be shared by any number of threads; rows, keys, updates, conditions, filters
 * and scans are immutable. Batches and row streams belong to one thread at a time. Futures complete on a network thread
 * unless {@link io.mds.client.MdsClientOptions.Builder#callbackExecutor} names an executor: callbacks must not block there, and
 * a blocking call from such a callback is refused.
 */
package io.mds.client;
