package io.mds.torture.check;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Configurations of which none covers another. */
final class Frontier {
    /** Where only configurations are that can be compared. */
    record Place(boolean present, long value, boolean exact, BitSet known) {
        static Place of(Configuration configuration) {
            Register register = configuration.register;
            return new Place(
                    register.present(), register.value(), register.exact(), (BitSet) configuration.known.clone());
        }
    }

    private final Map<Place, List<Configuration>> places = new LinkedHashMap<>();

    /** Keeps it unless one that is here covers it; true when it was kept. Drops those that it covers. */
    boolean add(Configuration configuration) {
        List<Configuration> here = places.computeIfAbsent(Place.of(configuration), ignored -> new ArrayList<>());
        for (Configuration other : here) {
            if (other.covers(configuration)) {
                return false;
            }
        }
        here.removeIf(configuration::covers);
        here.add(configuration);
        return true;
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    /** Copies: the caller may change them. */
    List<Configuration> all() {
        List<Configuration> all = new ArrayList<>();
        places.values().forEach(here -> here.forEach(configuration -> all.add(configuration.copy())));
        return all;
    }
}
