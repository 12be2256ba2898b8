package io.mds.bench;

import io.mds.testkit.MdsCluster;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the servers of a cluster are started that is measured: as processes of their own, from built jars, with nothing between
 * them.
 *
 * @param home where the jars are
 * @param directory where the servers keep their files
 * @param masters settings of masters that are not as shipped, by key
 * @param regions settings of regions
 */
record Servers(Path home, Path directory, Map<String, String> masters, Map<String, String> regions) {
    Servers {
        masters = Map.copyOf(masters);
        regions = Map.copyOf(regions);
    }

    /** The same in a directory below. */
    Servers in(String name) {
        return new Servers(home, directory.resolve(name), masters, regions);
    }

    /** The settings that are not as shipped, to be shown with what was measured; empty when there are none. */
    String settings() {
        return of("masters", masters) + of("regions", regions);
    }

    private static String of(String who, Map<String, String> settings) {
        return settings.isEmpty() ? "" : ", " + who + " with " + new TreeMap<>(settings);
    }

    /** @param cluster whose settings these override */
    MdsCluster start(MdsCluster.Builder cluster) {
        cluster.mode(MdsCluster.Mode.PROCESSES)
                .zooKeeperProcess()
                .withoutProxies()
                .jarsOf(home)
                .directory(directory);
        masters.forEach(cluster::setOnMasters);
        regions.forEach(cluster::setOnRegions);
        return cluster.start();
    }
}
