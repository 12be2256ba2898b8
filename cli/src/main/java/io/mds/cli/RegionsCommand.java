package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.text.TextTable;
import io.mds.cli.text.TextTable.Heading;
import io.mds.client.ClusterStatus;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "regions", description = "List the regions, their load and when each was last heard of.")
final class RegionsCommand implements Callable<Integer> {
    private final RootCommand root;

    RegionsCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        List<ClusterStatus.RegionInfo> regions = root.client().status().regions();
        if (root.json()) {
            return root.printJson(json -> ClusterFormat.writeRegions(json, regions));
        }
        try (TextTable table = new TextTable(
                root.out(),
                root.style(),
                Heading.right("REGION"),
                Heading.left("ADDRESS"),
                Heading.right("ADMIN PORT"),
                Heading.right("SHARDS"),
                Heading.right("LEADS"),
                Heading.right("STORE"),
                Heading.right("LOG"),
                Heading.right("REQUESTS/S"),
                Heading.right("LAST HEARD"),
                Heading.left("VERSION"),
                Heading.left("STATE"))) {
            for (ClusterStatus.RegionInfo region : regions) {
                table.row(
                        Long.toString(region.id().value()),
                        Cells.printable(region.address()),
                        Integer.toString(region.adminPort()),
                        Cells.count(region.shards()),
                        Cells.count(region.leaders()),
                        Cells.bytes(region.storeBytes()),
                        Cells.bytes(region.logBytes()),
                        String.format(Locale.ROOT, "%,.0f", region.requestsPerSecond()),
                        Cells.duration(region.lastHeartbeatAge()),
                        Cells.printable(region.softwareVersion()),
                        ClusterFormat.state(root.style(), region));
            }
        }
        return ExitCode.OK;
    }
}
