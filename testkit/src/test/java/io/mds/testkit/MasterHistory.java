package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.testkit.TransactionLog.Change;
import io.mds.znode.EpochRecord;
import io.mds.znode.ZnodeJson;
import io.mds.znode.ZnodePaths;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether masters followed each other as they should, by the changes that ZooKeeper has written down.
 *
 * <p>From the write that takes an epoch to the one that takes the next, only the session that wrote it changes the metadata;
 * epochs, and the entries of the OpLog over all epochs, count by one.
 */
final class MasterHistory {
    private static final Pattern ENTRY = Pattern.compile("\\{\"sequence\":(\\d+),\"epoch\":(\\d+),.*", Pattern.DOTALL);

    private final ZnodePaths paths;
    private long epoch;
    /** The session that took the epoch; 0 before anybody did. */
    private long holder;
    /** The session whose /mds/master/active it is. */
    private long shown;

    private long sequence;

    private MasterHistory(ZnodePaths paths) {
        this.paths = paths;
    }

    /** @return what to tell of it */
    static MasterHistory check(List<Change> changes, ZnodePaths paths) {
        MasterHistory history = new MasterHistory(paths);
        changes.forEach(history::next);
        return history;
    }

    /** The last one that was taken. */
    long epoch() {
        return epoch;
    }

    /** The last entry of the OpLog. */
    long sequence() {
        return sequence;
    }

    private void next(Change change) {
        if (change.path().equals(paths.epoch())) {
            epochTaken(change);
        } else if (!isOwnAffair(change) && holder != 0) {
            assertThat(change.session())
                    .as("who wrote %s, where session %s has epoch %d", change, Long.toHexString(holder), epoch)
                    .isEqualTo(holder);
            if (change.isBelow(paths.oplogEntries()) && change.data() != null) {
                entryWritten(change);
            }
        }
        if (change.path().equals(paths.active()) && change.data() != null) {
            shown = change.session();
        }
    }

    private void epochTaken(Change change) {
        assertThat(change.data()).as("the epoch as of %s", change).isNotNull();
        long taken = ZnodeJson.read(change.path(), change.data().getBytes(StandardCharsets.UTF_8), EpochRecord.class)
                .epoch();
        if (taken == 0 && epoch == 0 && holder == 0) {
            return;
        }
        assertThat(taken).as("the epoch after %d, %s", epoch, change).isEqualTo(epoch + 1);
        epoch = taken;
        holder = change.session();
    }

    private void entryWritten(Change change) {
        Matcher entry = ENTRY.matcher(change.data());
        assertThat(entry.matches())
                .as("%s is an entry: %s", change, change.data())
                .isTrue();
        assertThat(change.path()).as("the entry after %d", sequence).isEqualTo(paths.oplogEntry(sequence + 1));
        assertThat(Long.parseLong(entry.group(1)))
                .as("the number in %s", change)
                .isEqualTo(sequence + 1);
        assertThat(Long.parseLong(entry.group(2))).as("the epoch in %s", change).isEqualTo(epoch);
        sequence++;
    }

    /** What each member may write at any time: what stands for itself alone. */
    private boolean isOwnAffair(Change change) {
        return change.isBelow(paths.latch())
                || change.isBelow(paths.standbys())
                || (change.isBelow(paths.regions()) && change.path().endsWith("/session"))
                || (change.path().equals(paths.active()) && change.data() == null && change.session() == shown);
    }
}
