package io.mds.client.internal;

import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The names of a row's columns in their order, shared by all rows of one answer. Immutable. */
public final class ColumnNames {
    /** Up to this many columns a walk over the names beats a hash map. */
    private static final int WALKED = 8;

    private final List<String> names;
    private final Map<String, Integer> positions = new HashMap<>();

    public ColumnNames(List<String> names) {
        this.names = List.copyOf(names);
        for (int i = 0; i < this.names.size(); i++) {
            if (positions.put(this.names.get(i), i) != null) {
                throw MdsException.of(
                        ErrorCode.INVALID_ARGUMENT, "column '" + this.names.get(i) + "' is given twice; give it once");
            }
        }
    }

    public List<String> names() {
        return names;
    }

    public int size() {
        return names.size();
    }

    /** The position of a column, or -1. */
    public int find(String name) {
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

    public int require(String name) {
        int position = find(name);
        if (position < 0) {
            throw MdsException.of(
                    ErrorCode.INVALID_ARGUMENT, "no column '" + name + "' in this row (it has " + names + ")");
        }
        return position;
    }
}
