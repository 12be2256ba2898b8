package io.mds.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * How many connections Linux lets one process have, and how many it lets lead to one port.
 *
 * @param openFiles that this process may have, and those that it starts
 * @param localPorts that connections can begin at
 */
record ConnectionLimits(long openFiles, long localPorts) {
    /** Files that a process has open beside its connections, and some to spare. */
    private static final int OTHER_FILES = 500;

    private static final int OTHER_PORTS = 1_000;

    /** Of this process and machine; empty when it is not Linux. */
    static Optional<ConnectionLimits> here() {
        Path limits = Path.of("/proc/self/limits");
        Path ports = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
        if (!Files.isReadable(limits) || !Files.isReadable(ports)) {
            return Optional.empty();
        }
        // Linux gives the range to a reader of many bytes at once only; to others it ends after the first.
        try (BufferedReader range = Files.newBufferedReader(ports)) {
            return Optional.of(of(Files.readString(limits), range.readLine()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the limits of this process: " + e.getMessage(), e);
        }
    }

    /**
     * @param limits as in /proc/self/limits
     * @param ports as in /proc/sys/net/ipv4/ip_local_port_range
     */
    static ConnectionLimits of(String limits, String ports) {
        String soft = limits.lines()
                .filter(line -> line.startsWith("Max open files"))
                .map(line -> line.substring("Max open files".length()).strip().split(" +", -1)[0])
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no limit of open files in /proc/self/limits"));
        String[] range = ports.strip().split("\\s+", -1);
        return new ConnectionLimits(
                soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft),
                Long.parseLong(range[1]) - Long.parseLong(range[0]) + 1);
    }

    /** Why so many regions, which connect twice, and clients cannot be had, and what to do; empty when they can. */
    Optional<String> refusal(int regions, int clients) {
        long files = (long) regions + clients + OTHER_FILES;
        long ports = 2L * regions + clients + OTHER_PORTS;
        String wanted = String.format(Locale.ROOT, "%,d connections and %,d regions need ", clients, regions);
        if (files > openFiles) {
            return Optional.of(wanted
                    + String.format(
                            Locale.ROOT,
                            "%,d open files, and the limit is %,d: raise it with 'ulimit -n %d' (beyond the hard limit"
                                    + " in /etc/security/limits.conf), or choose fewer",
                            files,
                            openFiles,
                            files));
        }
        if (ports > localPorts) {
            return Optional.of(wanted
                    + String.format(
                            Locale.ROOT,
                            "%,d local ports, and there are %,d: 'sysctl -w net.ipv4.ip_local_port_range=\"%d 65535\"'"
                                    + " gives more, or choose fewer",
                            ports,
                            localPorts,
                            Math.max(1_024, 65_536 - ports)));
        }
        return Optional.empty();
    }
}
