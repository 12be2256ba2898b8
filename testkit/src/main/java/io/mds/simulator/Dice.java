package io.mds.simulator;

/** The only source of chance in a run: a sequence that the seed decides (SplitMix64; Steele, Lea, Flood, 2014). */
final class Dice {
    private static final long STEP = 0x9E3779B97F4A7C15L;
    private static final double UNIT = 0x1.0p-53;

    private long state;

    Dice(long seed) {
        this.state = seed * STEP;
    }

    long next() {
        state += STEP;
        long mixed = state;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    /** 0 to this, without it. */
    int below(int bound) {
        return (int) (((next() >>> 32) * bound) >>> 32);
    }

    /** Both included. */
    long between(long min, long max) {
        return min + (long) (fraction() * (max - min + 1));
    }

    /** 0 to 1, without 1. */
    double fraction() {
        return (next() >>> 11) * UNIT;
    }

    boolean chance(double probability) {
        return probability > 0 && fraction() < probability;
    }

    boolean oneIn(int count) {
        return below(count) == 0;
    }
}
