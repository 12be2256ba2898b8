package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.text.TextTable;
import io.mds.cli.text.TextTable.Heading;
import io.mds.client.ClusterStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "masters", description = "List the masters; one is active, the others stand by.")
final class MastersCommand implements Callable<Integer> {
    private final RootCommand root;

    MastersCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        List<ClusterStatus.MasterInfo> masters = root.client().status().masters();
        if (root.json()) {
            return root.printJson(json -> ClusterFormat.writeMasters(json, masters));
        }
        try (TextTable table = new TextTable(
                root.out(),
                root.style(),
                Heading.left("MASTER"),
                Heading.left("ADDRESS"),
                Heading.right("ADMIN PORT"),
                Heading.left("ROLE"),
                Heading.right("SEQUENCE"),
                Heading.right("LAG"))) {
            for (ClusterStatus.MasterInfo master : masters) {
                table.row(
                        Cells.printable(master.id()),
                        Cells.printable(master.address()),
                        Integer.toString(master.adminPort()),
                        master.active() ? root.style().good("active") : "standby",
                        Long.toString(master.appliedSequence()),
                        lag(master));
            }
        }
        return ExitCode.OK;
    }

    private static String lag(ClusterStatus.MasterInfo master) {
        if (master.active()) {
            return "-";
        }
        return master.lag() < 0 ? "no state" : Cells.count(master.lag());
    }
}
