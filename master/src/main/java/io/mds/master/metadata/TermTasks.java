package io.mds.master.metadata;

import io.mds.error.MdsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work of the metadata thread under one leadership: not done any more once that has ended.
 *
 * <p>A defect (an exception that is not an answer) ends the leadership: memory may differ from ZooKeeper after it, and
 * the next leadership reads ZooKeeper again.
 */
public final class TermTasks {
    private static final Logger log = LoggerFactory.getLogger(TermTasks.class);

    private final MetadataThread thread;
    private final Leadership leadership;

    public TermTasks(MetadataThread thread, Leadership leadership) {
        this.thread = thread;
        this.leadership = leadership;
    }

    /** Work that a request asks for; bounded. */
    public void submit(String what, MetadataThread.Task task) {
        thread.submit(what, () -> guarded(what, task));
    }

    /** The master's own work. */
    public void execute(String what, MetadataThread.Task task) {
        thread.execute(what, () -> guarded(what, task));
    }

    /**
     * The same, when already on the metadata thread.
     *
     * @return false when it was not done, because the leadership has ended
     */
    public boolean runNow(String what, MetadataThread.Task task) throws InterruptedException {
        return guarded(what, task);
    }

    private boolean guarded(String what, MetadataThread.Task task) throws InterruptedException {
        if (leadership.isRevoked()) {
            log.debug("{}: not done, {}", what, leadership);
            return false;
        }
        try {
            task.run();
        } catch (MdsException e) {
            log.warn("{}: {}", what, e.getMessage());
        } catch (RuntimeException e) {
            log.error("{} failed; giving up the leadership", what, e);
            leadership.revoke(what + " failed: " + e);
        }
        return true;
    }
}
