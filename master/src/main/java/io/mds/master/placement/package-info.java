/** Which region gets which shard: pure functions of what is known, without threads, clocks or input and output. */
package io.mds.master.placement;
