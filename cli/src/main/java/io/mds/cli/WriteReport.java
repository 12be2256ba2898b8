package io.mds.cli;

import io.mds.client.WriteResult;

/** What a command says about a row it wrote. */
final class WriteReport {
    private WriteReport() {}

    static int print(RootCommand root, WriteResult result, String done) {
        if (root.json()) {
            return root.printJson(json -> {
                json.writeStartObject();
                json.writeStringField("done", done);
                json.writeNumberField("version", result.version());
                json.writeEndObject();
            });
        }
        root.out().println(done + ", version " + result.version());
        return ExitCode.OK;
    }
}
