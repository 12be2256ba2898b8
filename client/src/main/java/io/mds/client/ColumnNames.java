package io.mds.client;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The names of a row's columns in their order, shared by all rows of one answer. Immutable. */
final class ColumnNames {
    /** Up to this many columns a walk over the names beats a hash map. */
    private static final int WALKED = 8;

    private final List<String> names;
    private final Map<String, Integer> positions;

    ColumnNames(List<String> names) {
        this.names = List.copyOf(names);
        this.positions = new HashMap<>();
        for (int i = 0; i < this.names.size(); i++) {
            if (positions.put(CellValues.columnName(this.names.get(i)), i) != null) {
                throw MdsException.of(
                        ErrorCode.INVALID_ARGUMENT, "column '" + this.names.get(i) + "' is given twice; give it once");
            }
        }
    }

    List<String> names() {
        return names;
    }

    int size() {
        return names.size();
    }

    /** The position of a column, or -1. */
    int find(String name) {
        if (names.size() <= WALKED) {
            for (int i = 0; i < names.size(); i++) {
                if (names.get(i).equals(name)) {
                    return i;
                }
            }
            return -1;
        }
        return positions.getOrDefault(name, -1);
    }

    int require(String name) {
        int position = find(name);
        if (position < 0) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT, "no column '" + name + "' in this row (it has " + names + ")");
        }
        return position;
    }
}
