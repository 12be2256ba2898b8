package io.mds.cli;

import io.mds.cli.text.Cells;
import io.mds.cli.text.TextTable;
import io.mds.cli.text.TextTable.Heading;
import io.mds.client.ProcedureInfo;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "procedures",
        description =
                "List the changes of tables that are under way or wait, those of one table in their order, and the shards"
                        + " whose replicas are being moved or repaired.")
final class ProceduresCommand implements Callable<Integer> {
    private final RootCommand root;

    ProceduresCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        List<ProcedureInfo> procedures = root.client().procedures();
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartArray();
                for (ProcedureInfo procedure : procedures) {
                    json.writeStartObject();
                    json.writeStringField("id", procedure.id());
                    json.writeStringField("table", procedure.table());
                    json.writeStringField("what", procedure.what());
                    json.writeStringField("step", procedure.step());
                    json.writeNumberField("done", procedure.done());
                    json.writeNumberField("total", procedure.total());
                    json.writeNumberField("age_ms", procedure.age().toMillis());
                    json.writeEndObject();
                }
                json.writeEndArray();
            });
        }
        try (TextTable lines = new TextTable(
                root.out(),
                root.style(),
                Heading.left("PROCEDURE"),
                Heading.left("WHAT"),
                Heading.left("STEP"),
                Heading.right("SHARDS"),
                Heading.right("AGE"))) {
            for (ProcedureInfo procedure : procedures) {
                boolean runs = procedure.total() > 0;
                lines.row(
                        runs ? procedure.id() : "-",
                        Cells.printable(procedure.what()),
                        procedure.step(),
                        runs ? procedure.done() + "/" + procedure.total() : "-",
                        runs && !procedure.age().isZero() ? Cells.duration(procedure.age()) : "-");
            }
        }
        return ExitCode.OK;
    }
}
