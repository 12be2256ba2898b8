package io.mds.region.service;

import io.mds.id.ViewNumber;
import io.mds.region.replication.LogPosition;
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

    /** Those who waited for this view have it; those who waited for older ones never will. */
    Runnable sealed(ViewNumber view, LogPosition last) {
        List<Waiting> all = takeAll();
        return () -> all.forEach(each -> {
            if (each.view().equals(view)) {
                each.answer().sealed(view, last);
            } else {
                each.answer().refused(view);
            }
        });
    }

    Runnable refused(ViewNumber view, ViewNumber promised) {
        List<Waiting> refused = new ArrayList<>();
        waiting.removeIf(each -> each.view().equals(view) && refused.add(each));
        return () -> refused.forEach(each -> each.answer().refused(promised));
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
