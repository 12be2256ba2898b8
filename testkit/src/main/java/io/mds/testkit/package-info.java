/**
 * A whole MDS cluster for tests: ZooKeeper, masters and regions on free loopback ports, with faults.
 *
 * <p>Members run either inside the calling JVM or as child JVMs; faults reach them from outside (signals, ZooKeeper
 * sessions, a proxy on every connection), never through hooks in the product's code.
 */
package io.mds.testkit;
