package io.mds.znode;

/**
 * /mds/master/epoch: the fencing epoch, and who took it when.
 *
 * @param opLogSince the first epoch of an unbroken row of epochs, this one included, whose masters wrote every change to
 *     the OpLog; 0 when this one's did not. A master of an earlier version leaves it out, and thereby ends the row.
 */
public record EpochRecord(long epoch, String master, String since, Long opLogSince) {
    public EpochRecord {
        opLogSince = opLogSince == null ? 0L : opLogSince;
    }

    public EpochRecord(long epoch, String master, String since) {
        this(epoch, master, since, 0L);
    }
}
