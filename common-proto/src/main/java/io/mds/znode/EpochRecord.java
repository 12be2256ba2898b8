package io.mds.znode;

/** /mds/master/epoch: the fencing epoch, and who took it when. */
public record EpochRecord(long epoch, String master, String since) {}
