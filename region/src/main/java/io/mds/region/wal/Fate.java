package io.mds.region.wal;

import io.mds.error.MdsException;
import io.mds.id.ShardId;

/** Who hears what became of an append. Called on the log thread. */
sealed interface Fate {
    void durable();

    void failed(MdsException failure);

    record OfEntry(ShardId shard, LogEntry entry, AppendListener listener) implements Fate {
        @Override
        public void durable() {
            listener.durable(shard, entry);
        }

        @Override
        public void failed(MdsException failure) {
            listener.failed(shard, entry, failure);
        }
    }

    /** Something that matters only once it is on disk; a log that fails is noticed by those who wait for entries. */
    record Afterwards(Runnable then) implements Fate {
        @Override
        public void durable() {
            then.run();
        }

        @Override
        public void failed(MdsException failure) {}
    }
}
