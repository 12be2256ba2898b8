package io.mds.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.mds.cli.text.Cells;
import io.mds.client.MetadataCheck;
import io.mds.client.MetadataCheck.MasterDigest;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
        name = "doctor",
        description = "Compare the metadata that each master has, at one entry of the OpLog.",
        footer = {
            "",
            "A standby that has something else than the active master must not take over: restart it, and it reads"
                    + " everything again. Exit codes: 0 all have the same, 1 some differ, 4 some could not be asked and no"
                    + " others differ."
        })
final class DoctorCommand implements Callable<Integer> {
    private final RootCommand root;

    DoctorCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        MetadataCheck check = root.client().checkMetadata();
        if (root.json()) {
            int unused = root.printJson(json -> write(json, check));
        } else {
            print(check);
        }
        if (!check.different().isEmpty()) {
            return ExitCode.FAILED;
        }
        return check.isComplete() ? ExitCode.OK : ExitCode.UNAVAILABLE;
    }

    private void print(MetadataCheck check) {
        List<MasterDigest> different = check.different();
        for (MasterDigest master : check.masters()) {
            String name = Cells.printable(master.id()) + " at " + Cells.printable(master.address()) + " ("
                    + (master.active() ? "active" : "standby") + "): ";
            root.out().println(name + verdict(master, different.contains(master)));
        }
        root.out()
                .println(Cells.count(check.masters().size(), "master", "masters") + " at entry " + check.sequence()
                        + ": "
                        + (!different.isEmpty()
                                ? root.style().bad(Cells.count(different.size()) + " different")
                                : check.isComplete()
                                        ? root.style().good("equal")
                                        : root.style().warning("some not compared, no others differ")));
    }

    private String verdict(MasterDigest master, boolean different) {
        if (master.digest().isEmpty()) {
            return root.style().warning("not compared") + ": " + Cells.printable(master.problem());
        }
        String found = "digest " + Cells.printable(master.digest().get()) + " of "
                + Cells.count(master.znodes(), "record", "records");
        return different ? found + ", " + root.style().bad("differs from the active master's") : found;
    }

    private static void write(JsonGenerator json, MetadataCheck check) throws IOException {
        json.writeStartObject();
        json.writeNumberField("sequence", check.sequence());
        json.writeBooleanField("equal", check.isEqual());
        json.writeArrayFieldStart("masters");
        for (MasterDigest master : check.masters()) {
            json.writeStartObject();
            json.writeStringField("id", master.id());
            json.writeStringField("address", master.address());
            json.writeBooleanField("active", master.active());
            json.writeStringField("digest", master.digest().orElse(null));
            json.writeNumberField("records", master.znodes());
            json.writeStringField("problem", master.problem());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
