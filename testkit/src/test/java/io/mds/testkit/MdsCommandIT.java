package io.mds.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.mds.cli.MdsCommand;
import io.mds.testkit.Cli.Ending;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The command line against a running cluster: output, errors and exit codes as docs/cli.md has them. The commands run in this
 * JVM; {@link CliFilesIT} has the same program in processes.
 */
class MdsCommandIT extends CliTestCase {
    private static final String[] FILES = {
        "dir STRING, name STRING, size INT64 NULL, owner STRING NULL, PRIMARY KEY (dir, name), PARTITION BY (dir)",
        "--shards",
        "3",
        "--replicas",
        "1"
    };
    private static final String NEVER_LISTENS = "127.0.0.1:1";

    @Override
    Cli.Program program() {
        return (arguments, environment, input) -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            int code = MdsCommand.run(
                    arguments.toArray(String[]::new),
                    environment,
                    new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                    new PrintStream(out, false, StandardCharsets.UTF_8),
                    new PrintStream(err, false, StandardCharsets.UTF_8));
            return new Ending(
                    arguments, code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        };
    }

    private void createFiles(String name) {
        List<String> command = new ArrayList<>(List.of("table", "create", name));
        command.addAll(List.of(FILES));
        assertThat(mds.ok(command.toArray(String[]::new))).isEqualTo("table " + name + ": 4 columns, 3 shards\n");
    }

    @Test
    void aDrainIsShownUntilItIsCancelled() {
        String region = mds.json("regions", "--json").get(0).get("id").asText();
        mds.ok("region", "drain", region);
        assertThat(mds.ok("regions")).containsOnlyOnce("live, drained\n");
        assertThat(mds.ok("status")).contains("\nregions  3 live, 1 drained\n");
        mds.ok("region", "drain", region, "--replicas");
        assertThat(mds.json("regions", "--json").get(0).get("drain").asText()).isEqualTo("replicas");
        assertThat(mds.ok("region", "drain", region, "--cancel"))
                .isEqualTo("region " + region + " takes shards again\n");
        assertThat(mds.ok("regions")).doesNotContain("drained", "emptied");
    }

    @Test
    void theClusterIsShownToPeopleAndToPrograms() {
        createFiles("shown");
        String master = "127.0.0.1:" + cluster.activeMaster().port();
        assertThat(mds.ok("status"))
                .matches("cluster  [0-9a-f-]{36}\nepoch    1\nmasters  1, active: master-1 at " + Pattern.quote(master)
                        + "\nregions  3 live\ntables   \\d+\nshards   \\d+, all available\n");
        JsonNode status = mds.json("status", "--json");
        assertThat(status.get("epoch").asLong()).isEqualTo(1);
        assertThat(status.get("unavailable_shards").asInt()).isZero();
        assertThat(status.get("masters")).hasSize(1);
        assertThat(status.get("regions"))
                .hasSize(3)
                .allMatch(region -> region.get("state").asText().equals("LIVE"));
        assertThat(mds.ok("masters").lines().map(String::strip))
                .satisfiesExactly(
                        heading -> assertThat(heading).matches("MASTER +ADDRESS +ADMIN PORT +ROLE +SEQUENCE +LAG"),
                        line -> assertThat(line)
                                .matches("master-1 +" + Pattern.quote(master) + " +\\d+  active +\\d+ +-"));
        assertThat(mds.json("masters", "--json").get(0).get("active").asBoolean())
                .isTrue();
        assertThat(mds.ok("regions").lines()).hasSize(4).element(0).asString().matches(" *REGION .* LAST HEARD .*");
        assertThat(mds.json("regions", "--json")).hasSize(3);
        assertThat(mds.ok("shards", "shown").lines().skip(1))
                .hasSize(3)
                .allMatch(line -> line.matches(" *\\d+  shown +1  region \\d at 127.0.0.1:\\d+ .*  serving"));
        assertThat(mds.json("shards", "shown", "--json"))
                .hasSize(3)
                .allMatch(shard -> shard.get("serving").asBoolean());
        assertThat(mds.fails(3, "shards", "nowhere")).startsWith("mds: there is no table 'nowhere'");
    }

    @Test
    void tablesAreCreatedListedDescribedAndDropped() {
        createFiles("made");
        assertThat(mds.ok("table", "create", "made", FILES[0], "--shards", "3", "--replicas", "1", "--if-not-exists"))
                .isEqualTo("table made: 4 columns, 3 shards\n");
        assertThat(mds.fails(1, "table", "create", "made", "a INT64, PRIMARY KEY (a)"))
                .contains("table 'made' exists already");
        assertThat(mds.fails(1, "table", "create", "made", "a INT64, PRIMARY KEY (a)", "--if-not-exists"))
                .contains("with other columns");
        assertThat(mds.ok("table", "list")).startsWith("TABLE").containsPattern("(?m)^made +4 +3  active$");
        assertThat(mds.json("table", "list", "--json").findValuesAsText("table"))
                .contains("made");
        assertThat(mds.ok("table", "describe", "made"))
                .containsPattern("^table made \\(id \\d+, schema version 1, active\\)\n")
                .contains(
                        "size    INT64   yes\n",
                        "primary key    dir, name\npartitioned by dir\nreplicas       1 wanted\n");
        JsonNode described = mds.json("table", "describe", "made", "--json");
        assertThat(described.get("columns")).hasSize(4);
        assertThat(described.get("shards")).hasSize(3);
        assertThat(mds.ok("table", "drop", "made")).isEqualTo("table made dropped\n");
        assertThat(mds.fails(3, "table", "drop", "made")).contains("table 'made' does not exist");
        assertThat(mds.ok("table", "drop", "made", "--if-exists")).isEqualTo("there is no table made\n");
        assertThat(mds.fails(3, "table", "describe", "made")).contains("table 'made' does not exist");
    }

    @Test
    void aRowIsWrittenReadChangedAndDeleted() {
        createFiles("rows");
        assertThat(mds.ok("put", "rows", "dir=/etc", "name=hosts", "size=220")).matches("inserted, version \\d+\n");
        assertThat(mds.fails(1, "put", "rows", "dir=/etc", "name=hosts", "--insert"))
                .contains("exists already");
        assertThat(mds.ok("get", "rows", "/etc", "hosts"))
                .matches("dir    /etc\nname   hosts\nsize   220\nowner  NULL\nversion \\d+\n");
        long version = mds.json("update", "rows", "/etc", "hosts", "--set", "owner=root", "--json")
                .get("version")
                .asLong();
        JsonNode got = mds.json("get", "rows", "/etc", "hosts", "--json");
        assertThat(got.get("version").asLong()).isEqualTo(version);
        assertThat(got.get("row").toString())
                .isEqualTo("{\"dir\":\"/etc\",\"name\":\"hosts\",\"size\":220,\"owner\":\"root\"}");
        String other = Long.toString(version + 100);
        for (String[] command : new String[][] {
            {"update", "rows", "/etc", "hosts", "--increment", "size=-20", "--if-version", other},
            {"put", "rows", "dir=/etc", "name=hosts", "--if-version", other},
            {"delete", "rows", "/etc", "hosts", "--if-version", other}
        }) {
            assertThat(mds.fails(1, command)).contains("has version " + version + " (expected: " + other + ")");
        }
        mds.ok("update", "rows", "/etc", "hosts", "--increment", "size=-20", "--if-version", Long.toString(version));
        assertThat(mds.ok("get", "rows", "/etc", "hosts")).contains("size   200\n");
        assertThat(mds.fails(1, "update", "rows", "/etc", "hosts", "--null", "owner", "--where", "owner = 'x'"))
                .contains("does not satisfy the condition");
        assertThat(mds.ok("put", "rows", "dir=/etc", "name=hosts")).startsWith("replaced, version ");
        assertThat(mds.ok("get", "rows", "/etc", "hosts")).contains("size   NULL\n", "owner  NULL\n");
        assertThat(mds.ok("delete", "rows", "/etc", "hosts")).startsWith("deleted, version ");
        assertThat(mds.fails(3, "get", "rows", "/etc", "hosts"))
                .isEqualTo("mds: no row ('/etc', 'hosts') in table 'rows'");
        assertThat(mds.fails(3, "delete", "rows", "/etc", "hosts")).startsWith("mds: no row");
        assertThat(mds.ok("delete", "rows", "/etc", "hosts", "--if-exists")).startsWith("not there");
    }

    @Test
    void scansAndCountsChooseRows() {
        createFiles("many");
        Ending written = mds.reading("dir,name,size\n/a,x,5\n/a,y,1000\n/b,\"a,b\",\n/b/c,z,7\n")
                .run("import", "many", "-");
        assertThat(written.exitCode()).as(written.toString()).isZero();
        assertThat(written.out()).matches("4 rows in \\d.*, .* rows/s\n");
        assertThat(mds.ok("scan", "many", "--columns", "dir,name,size"))
                .isEqualTo(
                        "dir   name  size\n/a    x        5\n/a    y     1000\n/b    a,b   NULL\n/b/c  z        7\n4 rows\n");
        assertThat(mds.ok("scan", "many", "--csv", "--reverse", "--limit", "2"))
                .isEqualTo("dir,name,size,owner\n/b/c,z,7,\n/b,\"a,b\",,\n");
        assertThat(mds.ok("scan", "many", "--prefix", "/a", "--json", "--columns", "name,size"))
                .isEqualTo("{\"name\":\"x\",\"size\":5}\n{\"name\":\"y\",\"size\":1000}\n");
        assertThat(mds.ok("scan", "many", "--prefix", "/b,\"a,b\"", "--columns", "name"))
                .isEqualTo("name\na,b\n1 row\n");
        assertThat(mds.ok("count", "many")).isEqualTo("4\n");
        assertThat(mds.ok("count", "many", "--from", "/a,y", "--to", "/b/c")).isEqualTo("2\n");
        assertThat(mds.ok("count", "many", "--where", "size >= 7 AND NOT name LIKE 'z%'"))
                .isEqualTo("1\n");
        assertThat(mds.json("count", "many", "--json", "--prefix", "/b")
                        .get("rows")
                        .asInt())
                .isEqualTo(1);
        Ending wrong = mds.run("count", "many", "--where", "size > 5 AND nme = 'a'");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err())
                .isEqualTo(
                        "mds: --where: table 'many' has no column 'nme' (it has: dir, name, size, owner) at position 14\n"
                                + "  size > 5 AND nme = 'a'\n               ^\n");
    }

    @Test
    void mistakesAreOneLineWithTheirExitCode() {
        createFiles("strict");
        assertThat(mds.fails(2, "frobnicate")).startsWith("mds: there is no command 'frobnicate'");
        assertThat(mds.fails(2, "table", "descrbe", "strict"))
                .startsWith("mds: there is no command 'descrbe'; did you mean describe")
                .endsWith("(see 'mds table --help')");
        assertThat(mds.fails(2, "scan", "strict", "--limt", "5")).contains("--limt", "--limit");
        for (String command : List.of("scan", "count", "export")) {
            assertThat(mds.fails(3, command, "nowhere"))
                    .isEqualTo("mds: there is no table 'nowhere' ('mds table list' shows those there are)");
        }
        assertThat(mds.fails(3, "put", "nowhere", "a=1")).contains("there is no table 'nowhere'");
        assertThat(mds.fails(2, "put", "strict", "dir=/", "name=a", "nme=b"))
                .contains("no column 'nme' (it has: dir, name, size, owner)");
        assertThat(mds.fails(2, "put", "strict", "dir=/", "name=a", "size=big"))
                .contains("column 'size': 'big' is not of type INT64");
        assertThat(mds.fails(2, "put", "strict", "dir=/")).contains("name missing");
        assertThat(mds.fails(2, "get", "strict", "/")).contains("2 values wanted, 1 given");
        assertThat(mds.fails(2, "table", "create", "t", "--column", "a:INT", "--key", "a"))
                .contains("INT64");
        assertThat(mds.fails(2, "import", "strict", "none.csv")).isEqualTo("mds: none.csv: no such file or directory");
        assertThat(mds.fails(2, "export", "strict", "no/dir.csv")).contains("there is no directory");
        assertThat(mds.fails(2, "export", "strict", ".")).contains("is a directory");
        assertThat(mds.fails(2, "status", "--connect", "http://localhost")).contains("zk://host:port");
        assertThat(mds.fails(2, "status", "--timeout", "10")).contains("500ms");
        String error = mds.fails(3, "get", "strict", "/", "a", "--json");
        assertThat(error)
                .isEqualTo("{\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"no row ('/', 'a') in table 'strict'\","
                        + "\"retryable\":false,\"outcome_unknown\":false,\"exit_code\":3}}");
    }

    @Test
    void aClusterThatCannotBeReachedHasItsOwnExitCode() throws IOException {
        for (String uri :
                List.of("mds://" + NEVER_LISTENS, "zk://" + NEVER_LISTENS + "/mds", cluster.connectString() + "x")) {
            assertThat(mds.fails(4, "status", "--connect", uri, "--timeout", "2s"))
                    .as(uri)
                    .startsWith("mds: cluster status: ");
        }
        String error =
                mds.with("MDS_CONNECT", "mds://" + NEVER_LISTENS).fails(4, "count", "t", "--timeout", "1s", "--json");
        assertThat(error).contains("\"retryable\":true", "\"exit_code\":4");
        Path file = Files.writeString(
                directory.resolve("client.conf"), "client.connect = \"" + cluster.connectString() + "\"\n");
        assertThat(mds.with("MDS_CONNECT", null).ok("--config", file.toString(), "status"))
                .startsWith("cluster  ");
    }

    /** What {@code docs/cli.md} shows first, and where nothing varies. */
    @Test
    void theSamplesOfThePageComeOutAsPrinted() throws IOException {
        String page = Files.readString(Path.of(System.getProperty("mds.root"), "docs", "cli.md"));
        List<String> samples = page.lines().toList();
        int first = samples.indexOf(
                "$ mds table create people --column id:INT64 --column name:STRING --column born:TIMESTAMP? --key id");
        assertThat(first).as("the first sample of docs/cli.md").isNotNegative();
        StringBuilder expected = new StringBuilder();
        StringBuilder commands = new StringBuilder();
        for (String line : samples.subList(first, samples.size())) {
            if (line.startsWith("```")) {
                break;
            }
            (line.startsWith("$ ") ? commands.append(line.substring(2)) : expected.append(line)).append('\n');
        }
        assertThat(mds.reading(commands.toString()).ok("shell")).isEqualTo(expected.toString());
        assertThat(samples).contains(mds.fails(3, "get", "people", "7", "--json"));
    }
}
