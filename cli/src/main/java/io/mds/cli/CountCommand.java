package io.mds.cli;

import io.mds.client.Table;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "count",
        description = "Count the rows of a table, or those that are chosen.",
        footer = {"", "  mds count files --prefix /etc --where \"kind = 'file'\""})
final class CountCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "TABLE", description = "The table.")
    private String table;

    @Mixin
    private RangeOptions range = new RangeOptions();

    @Mixin
    private ReadOptions reads = new ReadOptions();

    CountCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        Table target = root.table(table);
        long rows = reads.reading(target).count(range.scan(target.schema()));
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeNumberField("rows", rows);
                reads.write(json);
                json.writeEndObject();
            });
        }
        root.out().println(rows);
        reads.print(root);
        return ExitCode.OK;
    }
}
