/**
 * Copies of shards on their way from one region to another, and checksums that tell whether two replicas are the same.
 *
 * <p>Who needs a copy pulls it, page by page, with one page under way. Neither side ever holds more than a few pages in
 * memory.
 */
package io.mds.region.snapshot;
