package io.mds.region.replication;

import io.mds.id.ViewNumber;

/** What a replica has promised: to take part in no view older than this one; and how much of that is on disk and answered. */
final class Promises {
    private ViewNumber promised;
    private ViewNumber durable;
    private ViewNumber asked;
    private ViewNumber answered;

    /** @param recovered the promise that is on disk */
    Promises(ViewNumber recovered) {
        this.promised = recovered;
        this.durable = recovered;
    }

    ViewNumber newest() {
        return promised;
    }

    /** Whether a seal of this view can be given, be it for the first time or again. */
    boolean admits(ViewNumber view) {
        return view.compareTo(promised) > 0 || isRepeated(view);
    }

    /** Whether this view was asked for, or answered, before, and none since. */
    boolean isRepeated(ViewNumber view) {
        return view.equals(asked) || view.equals(answered);
    }

    void make(ViewNumber view) {
        promised = view;
    }

    void isDurable(ViewNumber view) {
        if (view.compareTo(durable) > 0) {
            durable = view;
        }
    }

    void ask(ViewNumber view) {
        asked = view;
    }

    boolean isAsked() {
        return asked != null;
    }

    /** Whether a seal waits for an answer, which would last. */
    boolean isAnswerDue() {
        return asked != null && durable.compareTo(promised) >= 0;
    }

    ViewNumber answer() {
        answered = asked;
        asked = null;
        return answered;
    }

    boolean hasAnswered(ViewNumber view) {
        return view.equals(answered);
    }

    /** The replica takes up a view, or rests: what was asked before is void. */
    void forgetSeals() {
        asked = null;
        answered = null;
    }
}
