package io.mds.simulator;

import io.mds.id.RegionId;

/**
 * What is between the regions, and between them and the masters: loses, repeats, delays and reorders. A link can be cut or
 * slow in one direction only.
 */
final class Network {
    /** The masters' place among the regions' numbers. */
    static final int MASTERS = 0;

    private final Schedule schedule;
    private final Dice dice;
    private final boolean[][] cut;
    private final boolean[][] slow;
    private final double loss;
    private final double repetition;
    private final double late;
    private boolean faulty = true;

    Network(Schedule schedule, Dice dice, int regions) {
        this.schedule = schedule;
        this.dice = dice;
        this.cut = new boolean[regions + 1][regions + 1];
        this.slow = new boolean[regions + 1][regions + 1];
        this.loss = dice.oneIn(3) ? 0 : dice.fraction() * 0.1;
        this.repetition = dice.fraction() * 0.05;
        this.late = dice.oneIn(2) ? 0 : dice.fraction() * 0.1;
    }

    static int place(RegionId region) {
        return (int) region.value();
    }

    void send(int from, int to, Runnable arrival) {
        if (cut[from][to] || (faulty && dice.chance(loss))) {
            return;
        }
        int copies = faulty && dice.chance(repetition) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            if (slow[from][to]) {
                schedule.within(20_000, 250_000, arrival);
            } else {
                schedule.within(50, faulty && dice.chance(late) ? 300_000 : 600, arrival);
            }
        }
    }

    void cut(int from, int to) {
        cut[from][to] = true;
    }

    /** Nothing goes in or out, but maybe to one other. */
    void isolate(int place, int except) {
        for (int other = 0; other < cut.length; other++) {
            if (other != place && other != except) {
                cut[place][other] = true;
                cut[other][place] = true;
            }
        }
    }

    void slowDown(int from, int to) {
        slow[from][to] = true;
    }

    void mend() {
        for (int from = 0; from < cut.length; from++) {
            for (int to = 0; to < cut.length; to++) {
                cut[from][to] = false;
                slow[from][to] = false;
            }
        }
    }

    /** No more faults. What is under way and late stays so. */
    void heal() {
        faulty = false;
        mend();
    }
}
