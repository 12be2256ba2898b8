package io.mds.region.service;

import io.mds.id.ViewNumber;
import io.mds.region.wal.LogPosition;
import java.util.ArrayList;
import java.util.List;

/** Masters that wait for the answer to a seal. Guarded by the shard's lock. */
final class PendingSeals {
    /** Who waits; told once, outside the lock. */
    interface Answer {
        void sealed(ViewNumber view, LogPosition last);

        void refused(ViewNumber promised);
    }

    private record Waiting(ViewNumber view, Answer answer) {}

    private List<Waiting> waiting = new ArrayList<>();

    void add(ViewNumber view, Answer answer) {
        waiting.add(new Waiting(view, answer));
    }

    /** Those who waited for this view have it. */
    Runnable sealed(ViewNumber view, LogPosition last) {
        List<Waiting> sealed = new ArrayList<>();
        waiting.removeIf(each -> each.view().equals(view) && sealed.add(each));
        return () -> sealed.forEach(each -> each.answer().sealed(view, last));
    }

    Runnable refused(ViewNumber view, ViewNumber promised) {
        List<Waiting> refused = new ArrayList<>();
        waiting.removeIf(each -> each.view().equals(view) && refused.add(each));
        return () -> refused.forEach(each -> each.answer().refused(promised));
    }

    /**
     * A newer view has come before the answer: nobody waits for what will not be said any more.
     *
     * @param sealing whether one of this view will be answered
     */
    void refuseOvertaken(ViewNumber promised, boolean sealing, List<Runnable> afterwards) {
        List<Waiting> overtaken = new ArrayList<>();
        waiting.removeIf(each -> (!sealing || each.view().compareTo(promised) < 0) && overtaken.add(each));
        if (!overtaken.isEmpty()) {
            afterwards.add(() -> overtaken.forEach(each -> each.answer().refused(promised)));
        }
    }

    Runnable refuseAll() {
        List<Waiting> all = takeAll();
        return () -> all.forEach(each -> each.answer().refused(new ViewNumber(0)));
    }

    private List<Waiting> takeAll() {
        List<Waiting> all = waiting;
        waiting = new ArrayList<>();
        return all;
    }
}
