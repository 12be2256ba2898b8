package io.mds.znode;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * /mds/procedures/ID: a change of a table that is under way.
 *
 * @param kind CREATE_TABLE, DROP_TABLE or CHANGE_SCHEMA
 * @param table its name
 * @param what for people: "add column size to table files"
 * @param step what is done now; everything before it is done
 * @param since when it began
 * @param after the table as it will be; null when its own record says all
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ProcedureRecord(
        String id, String kind, String table, String what, String step, String since, TableRecord after) {
    public ProcedureRecord withStep(String next) {
        return new ProcedureRecord(id, kind, table, what, next, since, after);
    }
}
