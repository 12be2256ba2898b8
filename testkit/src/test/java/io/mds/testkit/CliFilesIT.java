package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mds.testkit.Cli.Ending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The command line from its jar, with much to read and to write: import, export, and the shell from a pipe. */
class CliFilesIT extends CliTestCase {
    private static final String RATE = "[\\d,]+ rows? in [\\d.]+ s, [\\d,]+ rows/s\n";
    private static final String ALL_TYPES =
            "id INT64, yes BOOLEAN NULL, small INT32 NULL, real DOUBLE NULL, exact DECIMAL NULL,"
                    + " text STRING NULL, raw BYTES NULL, at TIMESTAMP NULL, uuid UUID NULL, doc JSON NULL, PRIMARY KEY (id)";
    private static final List<String> ROWS = List.of(
            "id,yes,small,real,exact,text,raw,at,uuid,doc",
            "-1,,,,,\"\",,,,",
            "1,true,-7,0.5,12345678901234567890.10,\"a,b \"\"c\"\"\nZoë\",0x00ff,2024-02-29T12:30:00.500Z,"
                    + "00000000-0000-0000-0000-00000000000a,\"{\"\"a\"\":[1,null]}\"",
            "2,false,2147483647,-1.5E300,0.001,NULL,0x,1815-12-10T00:00:00Z,"
                    + "ffffffff-ffff-ffff-ffff-ffffffffffff,\"\"\"x\"\"\"");

    @Override
    Cli.Program program() {
        return CliProcess.byJar(directory, cluster.connectString());
    }

    private void create(String table, String definition) {
        mds.ok("table", "create", table, definition, "--shards", "3", "--replicas", "1");
    }

    private String write(String name, List<String> lines) throws IOException {
        return Files.writeString(directory.resolve(name), String.join("\n", lines) + "\n")
                .toString();
    }

    /** Runs an export and answers its output; the errors have how many rows there were. */
    private String export(String... arguments) {
        Ending ending =
                mds.run(Stream.concat(Stream.of("export"), Stream.of(arguments)).toArray(String[]::new));
        assertThat(ending.exitCode()).as(ending.toString()).isZero();
        assertThat(ending.err()).matches(RATE);
        return ending.out();
    }

    @Test
    void whatIsExportedIsImportedAgainWithTheSameRows() throws IOException {
        create("original", ALL_TYPES);
        assertThat(mds.ok("import", "original", write("rows.csv", ROWS))).matches(RATE);
        String exported = export("original");
        assertThat(exported).isEqualTo(String.join("\n", ROWS) + "\n");
        for (String name : List.of("copy.csv", "copy.jsonl")) {
            String table = name.replace('.', '_');
            create(table, ALL_TYPES);
            String json = name.endsWith("l") ? "--json" : "--timeout=10s";
            assertThat(export("original", name, json)).isEmpty();
            assertThat(directory.resolve(name)).isNotEmptyFile();
            assertThat(directory.resolve(name + ".part")).doesNotExist();
            assertThat(mds.ok("import", table, name)).matches(RATE);
            assertThat(export(table)).isEqualTo(exported);
        }
        assertThat(export("original", "--where", "id > 1").lines()).hasSize(2);
        JsonNode row = mds.json("get", "original", "--json", "1").get("row");
        assertThat(row.get("small").isInt()).isTrue();
        assertThat(row.get("exact").asText()).isEqualTo("12345678901234567890.10");
        assertThat(row.get("exact").isTextual()).isTrue();
        assertThat(row.get("raw").asText()).isEqualTo("0x00ff");
        assertThat(row.get("at").asText()).isEqualTo("2024-02-29T12:30:00.500Z");
        assertThat(row.get("doc").get("a")).hasSize(2);
        assertThat(mds.ok("get", "original", "--", "-1")).contains("id     -1\n", "text   \n", "raw    NULL\n");
    }

    @Test
    void withoutATerminalProgressIsPlainLines() throws IOException {
        create("long_table", "id INT64, text STRING, PRIMARY KEY (id)");
        StringBuilder rows = new StringBuilder("id,text\n");
        for (int i = 0; i < 20_000; i++) {
            rows.append(i).append(",text of row ").append(i).append('\n');
        }
        String file = Files.writeString(directory.resolve("long.csv"), rows).toString();
        for (String[] command :
                new String[][] {{"import", "long_table", file, "--timeout", "30s"}, {"export", "long_table", "out.csv"}
                }) {
            Ending ending = mds.run(command);
            assertThat(ending.exitCode()).as(ending.toString()).isZero();
            // A fast machine is done before there is any
            assertThat(ending.err().lines().filter(line -> !line.contains(" in ")))
                    .allMatch(line -> line.matches("( *\\d+%  )?[\\d,]+ rows?  [\\d,]+ rows/s(  .* left)?"));
            assertThat(ending.err()).doesNotContain("\r", "\u001b");
            assertThat(ending.out() + ending.err()).startsWith(ending.out()).containsPattern("(?m)^20,000 rows in ");
        }
        assertThat(mds.ok("count", "long_table")).isEqualTo("20000\n");
    }

    @Test
    void aBadLineStopsAnImportUnlessBadLinesAreSkipped() throws IOException {
        create("dates", "id INT64, born TIMESTAMP NULL, PRIMARY KEY (id)");
        write("dates.csv", List.of("id,born", "1,2001-02-03", "2,soon"));
        assertThat(mds.fails(1, "import", "dates", "dates.csv"))
                .startsWith("mds: dates.csv: line 3, column 2 (born): 'soon' is not of type TIMESTAMP (expected: ")
                .endsWith("; 1 row before it may have been written (--skip-bad goes on)");
        Ending skipping = mds.run("import", "dates", "dates.csv", "--skip-bad");
        assertThat(skipping.exitCode()).isZero();
        assertThat(skipping.out()).matches(RATE + "1 bad line left out\n");
        assertThat(skipping.err())
                .startsWith("mds: skipped: line 3, column 2 (born): 'soon'")
                .hasLineCount(1);
        write("other.csv", List.of("id,died", "1,2001-02-03"));
        assertThat(mds.fails(1, "import", "dates", "other.csv")).contains("other.csv: ", "'died'");
        assertThat(mds.ok("count", "dates")).isEqualTo("1\n");
    }

    @Test
    void aDirectoryTreeBecomesATable() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree/sub/empty"))
                .getParent()
                .getParent();
        Files.writeString(tree.resolve("a.txt"), "four");
        Files.writeString(tree.resolve("sub/b, c"), "");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("a.txt"));
        assertThat(mds.ok("import", "tree", tree.toString(), "--shards", "2", "--replicas", "1"))
                .matches("table tree created with 2 shards\n" + RATE);
        assertThat(mds.ok("import", "tree", tree.toString())).matches("5 rows in .*\n");
        assertThat(mds.ok("scan", "tree", "--columns", "name,kind,size,target", "--csv"))
                .isEqualTo("name,kind,size,target\na.txt,file,4,\nlink,link,,a.txt\nsub,directory,,\n\"b, c\",file,0,\n"
                        + "empty,directory,,\n");
        assertThat(mds.ok("count", "tree", "--prefix", tree + "/sub")).isEqualTo("2\n");
        Ending json = mds.run("scan", "tree", "--json", "--prefix", tree + ",a.txt");
        assertThat(json.jsonLines()).singleElement().satisfies(row -> {
            assertThat(row.get("dir").asText()).isEqualTo(tree.toString());
            assertThat(row.get("modified").asText()).endsWith("Z");
            assertThat(row.get("permissions").asText()).hasSize(9);
        });
        create("narrow", "a INT64, PRIMARY KEY (a)");
        assertThat(mds.fails(2, "import", "narrow", tree.toString())).contains("cannot hold a directory tree");
    }

    @Test
    void theShellRunsCommandsFromThePipe() {
        String script = "# a comment\ntable create piped 'id INT64, s STRING NULL, PRIMARY KEY (id)' --replicas 1\n"
                + "put piped id=1 s='two words'\nmds count piped\ntable drop piped\n"
                // The connection remembers the table as it was
                + "table create piped 'word STRING, PRIMARY KEY (word)' --replicas 1\nput piped word=new\n\n"
                + "scan piped --csv\n";
        assertThat(mds.reading(script).ok("shell"))
                .matches("table piped: 2 columns, 1 shard\ninserted, version \\d+\n1\ntable piped dropped\n"
                        + "table piped: 1 column, 1 shard\ninserted, version \\d+\nword\nnew\n");
        Cli failing = mds.reading("count piped\ncount nowhere\ncount piped");
        Ending stopped = failing.run("shell");
        assertThat(stopped.exitCode()).isEqualTo(3);
        assertThat(stopped.out()).isEqualTo("1\n");
        assertThat(stopped.err()).startsWith("mds: there is no table 'nowhere'").hasLineCount(1);
        Ending going = failing.run("shell", "--keep-going");
        assertThat(going.exitCode()).isEqualTo(3);
        assertThat(going.out()).isEqualTo("1\n1\n");
        assertThat(mds.reading("count piped\nexit\nfrobnicate\n").ok("shell", "--json"))
                .isEqualTo("{\"rows\":1}\n");
        assertThat(mds.reading("get piped 'open").fails(2, "shell")).contains("never closed");
    }

    @Test
    void argumentsAreUtf8WhateverTheLocaleSays() {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "this JVM can pass such arguments on");
        assumeTrue(Files.exists(Path.of("/proc/self/cmdline")), "arguments can be read as bytes");
        create("words", "word STRING, PRIMARY KEY (word)");
        Cli plain = mds.with("LC_ALL", "POSIX");
        plain.ok("put", "words", "word=Zoë 東京");
        assertThat(mds.ok("scan", "words", "--csv")).isEqualTo("word\nZoë 東京\n");
        assertThat(plain.ok("get", "words", "Zoë 東京")).startsWith("word  Zoë 東京\n");
        assertThat(plain.fails(2, "import", "words", "wörter.csv")).startsWith("mds: wörter.csv: ");
    }

    private static List<String> filesIn(Path top) throws IOException {
        try (Stream<Path> files = Files.list(top)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** The script and the commands' jar in a place of their own, without the servers. */
    private Cli install() throws IOException {
        Path root = Path.of(System.getProperty("mds.root"));
        Path script = Files.createDirectories(directory.resolve("home/bin")).resolve("mds");
        Files.copy(root.resolve("mds"), script);
        Path lib = Files.createDirectories(directory.resolve("home/lib"));
        Files.copy(Path.of(new Launch(root).cli().get(1)), lib.resolve("mds-cli.jar"));
        return new Cli(CliProcess.byScript(directory, script), cluster.connectString());
    }

    @Test
    void theScriptTellsARegionFromACommandAboutOne() throws IOException {
        Cli installed = install();
        assertThat(installed.fails(3, "region", "drain", "77")).contains("there is no region 77");
        assertThat(installed.fails(2, "region", "empty")).contains("there is no command 'empty'");
        assertThat(installed.fails(2, "region")).contains("mds-region.jar is missing");
        assertThat(installed.fails(2, "region", "--set", "rpc.port=1")).contains("mds-region.jar is missing");
    }

    @Test
    void theScriptKeepsAnArchiveOfClassesThatIsAsNewAsTheJar() throws IOException {
        Cli installed = install();
        Path lib = directory.resolve("home/lib");
        Path jar = lib.resolve("mds-cli.jar");
        assertThat(installed.fails(3, "count", "nowhere")).contains("there is no table 'nowhere'");
        assertThat(installed.ok("--help")).startsWith("Usage: mds");
        assertThat(filesIn(lib))
                .as("what these have loaded is not what most commands need")
                .containsExactly("mds-cli.jar");
        String status = installed.ok("status");
        assertThat(filesIn(lib)).hasSize(2).first().asString().matches("mds-cli-.*\\.jsa");
        Path archive = lib.resolve(filesIn(lib).get(0));
        assertThat(installed.ok("status")).isEqualTo(status);
        assertThat(installed.fails(3, "count", "nowhere")).contains("there is no table 'nowhere'");

        Files.setLastModifiedTime(jar, FileTime.from(Instant.now()));
        assertThat(installed.ok("status")).isEqualTo(status);
        assertThat(filesIn(lib)).hasSize(2);
        assertThat(Files.getLastModifiedTime(archive)).isGreaterThan(Files.getLastModifiedTime(jar));
        assertThat(installed.ok("status")).isEqualTo(status);
    }
}
