package io.mds.master.election;

/**
 * How far a master follows the active one.
 *
 * @param applied the last entry of the OpLog that it has
 * @param lag entries that it knows of and has not taken; negative when it cannot say
 */
public record StandbyProgress(long applied, long lag) {}
