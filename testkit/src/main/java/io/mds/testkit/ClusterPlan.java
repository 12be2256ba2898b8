package io.mds.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a test cluster consists of, and how each member of it is made. */
record ClusterPlan(
        int masters,
        int regions,
        MdsCluster.Mode mode,
        Path directory,
        Launch launch,
        boolean zooKeeperInProcess,
        boolean proxies,
        boolean zooKeeperProxies,
        List<String> jvmOptions,
        Map<String, String> masterSettings,
        Map<String, String> regionSettings) {
    static final String ROOT = "/mds";

    Member member(Member.Role role, int number, Path base, Links links, FreePorts ports) {
        String name = (role == Member.Role.MASTER ? "master-" : "region-") + number;
        Path own = base.resolve(name);
        int listening = ports.next();
        int advertised = proxies ? ports.next() : listening;
        int admin = ports.next();
        Map<String, String> settings = new TreeMap<>();
        settings.put("zookeeper.connect", links.zooKeeperFor(name));
        settings.put("zookeeper.root", ROOT);
        settings.put("rpc.port", Integer.toString(listening));
        settings.put("rpc.advertised-port", Integer.toString(advertised));
        settings.put("admin.port", Integer.toString(admin));
        if (role == Member.Role.MASTER) {
            settings.put("master.id", name);
            settings.putAll(masterSettings);
        } else {
            settings.put("data.dir", own.resolve("data").toString());
            settings.putAll(regionSettings);
        }
        Entrance entrance = proxies ? Entrance.proxied(advertised, listening) : Entrance.direct(listening);
        return switch (mode) {
            case PROCESSES -> new ProcessMember(role, name, own, arguments(role, settings), entrance, admin);
            case IN_PROCESS -> new InProcessMember(role, name, own, settings, entrance, admin);
        };
    }

    private List<String> arguments(Member.Role role, Map<String, String> settings) {
        List<String> overrides = new ArrayList<>();
        settings.forEach((key, value) -> {
            overrides.add("--set");
            overrides.add(key + "=" + value);
        });
        return Launch.join(jvmOptions, role == Member.Role.MASTER ? launch.master() : launch.region(), overrides);
    }
}
