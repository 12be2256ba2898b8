package io.mds.config;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The variables of the environment that set keys: {@code MDS_A_B_C} for {@code a.b-c}. */
public final class EnvironmentVariables {
    private static final String PREFIX = "MDS_";

    /** Variables that scripts, images and the command line tool read, which may share an environment with a daemon. */
    private static final Set<String> OF_OTHERS = Set.of(
            "MDS_BASE_IMAGE",
            "MDS_CACHE_DIR",
            "MDS_CONNECT",
            "MDS_CONTAINER_TEST",
            "MDS_DEBIAN_MIRROR",
            "MDS_HOME",
            "MDS_IMAGE",
            "MDS_JAVA_OPTS",
            "MDS_LOG");

    /** Sections that only some roles have; masters, regions and clients may be started from one environment. */
    private static final Set<String> SECTIONS_OF_ROLES =
            Set.of("changes", "client", "data", "limits", "log", "master", "replication", "snapshot", "store");

    private EnvironmentVariables() {}

    /** The variable that sets a key. */
    public static String nameOf(String key) {
        return PREFIX + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** Variables that look as if they set a key and set none, by name, with the one that was probably meant. */
    static List<String> strays(Collection<String> variables, Collection<String> keys) {
        Set<String> names =
                keys.stream().map(EnvironmentVariables::nameOf).collect(Collectors.toCollection(TreeSet::new));
        Set<String> sections =
                keys.stream().map(key -> key.substring(0, key.indexOf('.') + 1)).collect(Collectors.toSet());
        return variables.stream()
                .filter(name -> name.startsWith(PREFIX) && !names.contains(name) && !OF_OTHERS.contains(name))
                .filter(name -> SECTIONS_OF_ROLES.stream()
                        .map(section -> section + ".")
                        .noneMatch(section -> name.startsWith(nameOf(section)) && !sections.contains(section)))
                .sorted()
                .map(name -> NearestName.of(name, names)
                        .map(near -> name + " (did you mean " + near + "?)")
                        .orElse(name))
                .toList();
    }
}
