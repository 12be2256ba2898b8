package io.mds.znode;

import java.util.List;

/**
 * One index of a {@link TableRecord}.
 *
 * @param columns ids, in the order of the index
 */
public record IndexRecord(int id, String name, List<Integer> columns) {}
