package io.mds.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What one operation of a measurement does. */
enum Scenario {
    /** One row by its whole key, as new as the newest acknowledged write. */
    READ,
    /** One row by its whole key from any replica, which may lag behind. */
    READ_EVENTUAL,
    /** One row written whole, durably where the target can. */
    UPSERT,
    /** The 100 rows of one directory written in one atomic batch or transaction. */
    BATCH,
    /** The 100 rows of one directory read in the order of their keys. */
    SCAN,
    /** Half {@link #READ}, half {@link #UPSERT}, by lot. */
    MIX,
    /** Where the shards of the table are, asked of the cluster's directory. */
    ROUTES;

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException when there is no such scenario; names those that are */
    static Scenario of(String label) {
        return Arrays.stream(values())
                .filter(scenario -> scenario.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no scenario '" + label + "'; there are " + labels()));
    }

    private static List<String> labels() {
        return Arrays.stream(values()).map(Scenario::label).collect(Collectors.toList());
    }
}
