package io.mds.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.cli.text.Cells;
import io.mds.cli.text.Style;
import io.mds.client.ClusterStatus;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "status", description = "Show the cluster: masters, regions, tables, shards.")
final class StatusCommand implements Callable<Integer> {
    private final RootCommand root;

    StatusCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        ClusterStatus status = root.client().status();
        if (root.json()) {
            return root.printJson(json -> write(json, status));
        }
        Style style = root.style();
        PrintStream out = root.out();
        line(out, style, "cluster", Cells.printable(status.clusterId()));
        line(out, style, "epoch", Long.toString(status.epoch().value()));
        line(out, style, "masters", masters(status, style));
        line(out, style, "regions", regions(status, style));
        line(out, style, "tables", Cells.count(status.tables()));
        line(out, style, "shards", shards(status, style));
        return ExitCode.OK;
    }

    private static void line(PrintStream out, Style style, String name, String value) {
        out.println(style.bold(String.format("%-9s", name)) + value);
    }

    private static String masters(ClusterStatus status, Style style) {
        String active = status.masters().stream()
                .filter(ClusterStatus.MasterInfo::active)
                .findFirst()
                .map(master -> "active: " + Cells.printable(master.id()) + " at " + Cells.printable(master.address()))
                .orElse(style.bad("none is active"));
        return Cells.count(status.masters().size()) + ", " + active;
    }

    private static String regions(ClusterStatus status, Style style) {
        if (status.regions().isEmpty()) {
            return style.bad("none");
        }
        List<String> parts = new ArrayList<>();
        for (String state : List.of("LIVE", "SUSPECT", "DEAD")) {
            long count = status.regions().stream()
                    .filter(region -> region.state().equals(state))
                    .count();
            if (count > 0) {
                parts.add(ClusterFormat.painted(style, state, count + " " + state.toLowerCase(java.util.Locale.ROOT)));
            }
        }
        long drained = status.regions().stream()
                .filter(region -> region.drain() != ClusterStatus.Drain.NONE)
                .count();
        if (drained > 0) {
            parts.add(style.warning(drained + " drained"));
        }
        return parts.isEmpty() ? Cells.count(status.regions().size()) : String.join(", ", parts);
    }

    private static String shards(ClusterStatus status, Style style) {
        String text = Cells.count(status.shards());
        if (status.unavailableShards() > 0) {
            text += ", " + style.bad(Cells.count(status.unavailableShards()) + " unavailable");
        } else if (status.shards() > 0) {
            text += ", " + style.good("all available");
        }
        return status.failedReplicas() == 0
                ? text
                : text + ", " + style.bad(Cells.count(status.failedReplicas(), "failed replica", "failed replicas"));
    }

    private static void write(JsonGenerator json, ClusterStatus status) throws IOException {
        json.writeStartObject();
        json.writeStringField("cluster_id", status.clusterId());
        json.writeNumberField("epoch", status.epoch().value());
        json.writeNumberField("tables", status.tables());
        json.writeNumberField("shards", status.shards());
        json.writeNumberField("unavailable_shards", status.unavailableShards());
        json.writeNumberField("failed_replicas", status.failedReplicas());
        json.writeFieldName("masters");
        ClusterFormat.writeMasters(json, status.masters());
        json.writeFieldName("regions");
        ClusterFormat.writeRegions(json, status.regions());
        json.writeEndObject();
    }
}
