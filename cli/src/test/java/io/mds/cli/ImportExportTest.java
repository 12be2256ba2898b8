package io.mds.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportExportTest extends CommandLineTest {
    private static final String EVERYTHING = "id INT32, b BOOLEAN NULL, l INT64 NULL, d DOUBLE NULL, n DECIMAL NULL,"
            + " s STRING NULL, y BYTES NULL, t TIMESTAMP NULL, u UUID NULL, j JSON NULL, PRIMARY KEY (id)";
    private static final String ROWS = "id,b,l,d,n,s,y,t,u,j\n"
            + "1,true,-9223372036854775808,1.5E-300,12345678901234567890.10,\"a,\"\"b\"\"\nc\",0x00ff,"
            + "2024-01-31T10:00:00.123456Z,00000000-0000-0001-0000-000000000002,\"{\"\"a\"\": [1, 2.50]}\"\n"
            + "2,,,,,\"\",0x,,,\n"
            + "3,false,0,Infinity,0,😀,0x01,1969-12-31T23:59:59.999999Z,,null\n";

    @TempDir
    Path dir;

    @Test
    void csvOfEveryTypeComesBackAsItWas() throws Exception {
        ok("table", "create", "all", EVERYTHING);
        ok("import", "all", file("in.csv", ROWS));
        assertThat(ok("export", "all")).isEqualTo(ROWS);
        Path out = dir.resolve("out.csv");
        assertThat(ok("export", "all", out.toString())).isEmpty();
        assertThat(out).hasContent(ROWS);
        assertThat(dir.resolve("out.csv.part")).doesNotExist();
    }

    @Test
    void jsonLinesOfEveryTypeComeBackAsTheyWere() throws Exception {
        ok("table", "create", "all", EVERYTHING);
        ok("import", "all", file("in.csv", ROWS));
        String lines = ok("export", "all", "--json");
        assertThat(lines.lines()).hasSize(3);
        assertThat(lines).contains("\"j\":{\"a\": [1, 2.50]}").contains("\"n\":\"12345678901234567890.10\"");
        ok("table", "create", "copy", EVERYTHING);
        // JSON null in a JSON column is read as NULL: the one value that JSON lines cannot tell apart
        ok("import", "copy", file("in.jsonl", lines));
        assertThat(ok("export", "copy", "--json")).isEqualTo(lines);
        assertThat(ok("get", "copy", "1")).contains("{\"a\": [1, 2.50]}");
    }

    @Test
    void aBadLineNamesLineAndColumn() throws Exception {
        ok("table", "create", "all", EVERYTHING);
        String file = file("in.csv", "id,l\n1,5\n2,five\n3\n4,7\n,8\n");
        assertThat(fails(1, "import", "all", file)).contains("line 3, column 2 (l): 'five' is not of type INT64");
        ProcessResult skipped = skip(file);
        assertThat(skipped.out).contains("2 rows").contains("3 bad lines left out");
        assertThat(skipped.err)
                .contains("line 3, column 2 (l)")
                .contains("line 4: 1 fields (expected: 2")
                .contains("line 6, column 1 (id): empty");
        assertThat(fails(1, "import", "all", file("h.csv", "id,nope\n"))).contains("no column 'nope'");
        assertThat(fails(1, "import", "all", file("h.csv", "l\n"))).contains("id missing");
        assertThat(fails(1, "import", "all", file("h.csv", "id,id\n"))).contains("named twice");
        assertThat(fails(1, "import", "all", file("h.csv", ""))).contains("empty");
        assertThat(fails(1, "import", "all", file("h.jsonl", "{\"id\": 1}\n{\"id\": [1]}\n")))
                .contains("line 2, column 'id'");
        assertThat(fails(1, "import", "all", file("h.jsonl", "{\"id\": }\n"))).contains("line 1, character 8");
    }

    @Test
    void theTableOfAFileMustExist() throws Exception {
        assertThat(fails(3, "import", "none", file("in.csv", "id\n1\n"))).contains("no table 'none'");
        assertThat(fails(2, "import", "none", file("in.csv", "id\n1\n"), "--shards", "3"))
                .contains("directories");
    }

    @Test
    void theInputAndBatchesWork() throws Exception {
        ok("table", "create", "all", EVERYTHING);
        input = "id\n1\n2\n3\n";
        assertThat(ok("import", "all", "-", "--batch", "2", "--json"))
                .startsWith("{\"table\":\"all\",\"rows\":3,\"skipped\":0,\"unreadable\":0,\"seconds\":");
    }

    @Test
    void aTreeBecomesATable() throws Exception {
        Path root = Files.createDirectory(dir.resolve("root"));
        Files.writeString(root.resolve("a,\"b\"\n.txt"), "hello");
        Path sub = Files.createDirectory(root.resolve("sub"));
        Files.writeString(sub.resolve("ünïcode"), "");
        Files.createSymbolicLink(sub.resolve("loop"), Path.of(".."));
        Files.createSymbolicLink(sub.resolve("dangling"), Path.of("nowhere"));
        Files.createDirectory(
                root.resolve("empty"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        assertThat(ok("import", "files", root.toString(), "--shards", "4"))
                .contains("6 rows in")
                .contains("4 shards");
        assertThat(ok("count", "files")).isEqualTo("6\n");
        assertThat(ok("scan", "files", "--csv", "--columns", "name,kind,size,target", "--prefix", root + "/sub"))
                .isEqualTo("name,kind,size,target\ndangling,link,,nowhere\nloop,link,,..\nünïcode,file,0,\n");
        assertThat(ok("get", "files", root.toString(), "empty"))
                .contains("rwx------")
                .contains("directory");
        assertThat(ok("get", "files", root.toString(), "a,\"b\"\n.txt", "--json"))
                .contains("\"size\":5");
        String csv = ok("export", "files");
        ok("import", "files", root.toString());
        assertThat(ok("export", "files")).isEqualTo(csv);
    }

    @Test
    void aTableThatCannotHoldATreeIsRefused() {
        ok("table", "create", "all", EVERYTHING);
        assertThat(fails(2, "import", "all", dir.toString())).contains("no column dir STRING");
    }

    private record ProcessResult(String out, String err) {}

    private ProcessResult skip(String file) {
        Result result = run("import", "all", file, "--skip-bad");
        assertThat(result.code()).isZero();
        return new ProcessResult(result.out(), result.err());
    }

    private String file(String name, String content) throws Exception {
        return Files.writeString(dir.resolve(name), content).toString();
    }
}
