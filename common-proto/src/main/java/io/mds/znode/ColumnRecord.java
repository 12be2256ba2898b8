package io.mds.znode;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * One column of a {@link TableRecord}.
 *
 * @param defaultValue as text; null for none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ColumnRecord(int id, String name, String type, boolean nullable, String defaultValue) {}
