/**
 * Where everything is in ZooKeeper and what it looks like: the paths and the JSON records of design section 3.
 *
 * <p>Pure data: nothing here talks to ZooKeeper. Records tolerate unknown fields, so that a newer writer can be read by
 * an older reader.
 */
package io.mds.znode;
