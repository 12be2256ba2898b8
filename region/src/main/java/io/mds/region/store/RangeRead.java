package io.mds.region.store;

import java.util.List;

/**
 * What was read of a range from the database.
 *
 * @param rows all there are from one key up to another, ascending
 * @param from the first key covered
 * @param to where coverage ends; empty for no bound
 * @param toIncluded whether that key is covered itself
 */
record RangeRead(List<RowInRange> rows, byte[] from, byte[] to, boolean toIncluded) {}
