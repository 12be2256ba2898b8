package io.mds.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mds.client.Key;
import io.mds.client.MetadataCheck.MasterDigest;
import io.mds.client.ShardVerification;
import io.mds.error.MdsException;
import io.mds.id.RegionId;
import io.mds.id.ShardId;
import io.mds.proto.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MdsCommandTest extends CommandLineTest {
    @Test
    void rowsAreWrittenReadChangedAndDeleted() {
        createFiles();
        assertThat(ok("put", "files", "dir=/etc", "name=hosts", "size=220")).isEqualTo("inserted, version 1\n");
        assertThat(ok("get", "files", "/etc", "hosts"))
                .isEqualTo("dir   /etc\nname  hosts\nsize  220\nowner NULL\nversion 0\n"
                        .replace("owner ", "owner  ")
                        .replace("dir   /", "dir    /")
                        .replace("name  h", "name   h")
                        .replace("size  2", "size   2"));
        assertThat(ok("update", "files", "/etc", "hosts", "--set", "owner=a=b", "--increment", "size=-20"))
                .isEqualTo("updated, version 2\n");
        assertThat(ok("get", "files", "/etc", "hosts", "--json"))
                .isEqualTo(
                        "{\"version\":0,\"row\":{\"dir\":\"/etc\",\"name\":\"hosts\",\"size\":200,\"owner\":\"a=b\"}}\n");
        assertThat(ok("update", "files", "/etc", "hosts", "--null", "owner")).startsWith("updated");
        assertThat(ok("delete", "files", "/etc", "hosts", "--json"))
                .isEqualTo("{\"done\":\"deleted\",\"version\":4}\n");
        assertThat(fails(3, "delete", "files", "/etc", "hosts")).startsWith("mds: no row ('/etc', 'hosts')");
        assertThat(ok("delete", "files", "/etc", "hosts", "--if-exists")).startsWith("not there");
    }

    @Test
    void scansAreTablesForPeopleAndLinesForScripts() {
        createFiles();
        ok("put", "files", "dir=/a", "name=x", "size=5");
        ok("put", "files", "dir=/a", "name=long name", "size=1000", "owner=");
        ok("put", "files", "dir=/b", "name=y");
        assertThat(ok("scan", "files"))
                .isEqualTo("dir  name       size  owner\n"
                        + "/a   long name  1000  \n"
                        + "/a   x             5  NULL\n"
                        + "/b   y          NULL  NULL\n"
                        + "3 rows\n");
        assertThat(ok("scan", "files", "--csv", "--prefix", "/a"))
                .isEqualTo("dir,name,size,owner\n/a,long name,1000,\"\"\n/a,x,5,\n");
        assertThat(ok("scan", "files", "--json", "--columns", "name,size", "--limit", "1", "--reverse"))
                .isEqualTo("{\"name\":\"y\",\"size\":null}\n");
        assertThat(ok("count", "files", "--prefix", "\"/a\",x")).isEqualTo("1\n");
        assertThat(ok("count", "files", "--json")).isEqualTo("{\"rows\":3}\n");
    }

    @Test
    void usersMistakesHaveCodeTwoAndOneLine() {
        createFiles();
        assertThat(fails(2)).isEqualTo("mds: which command? 'mds --help' lists them (see 'mds --help')");
        assertThat(fails(2, "scann", "files"))
                .isEqualTo("mds: there is no command 'scann'; did you mean scan? (see 'mds --help')");
        assertThat(fails(2, "scan", "files", "--limt", "5")).contains("--limit");
        assertThat(fails(2, "scan")).contains("TABLE").contains("mds scan --help");
        assertThat(fails(2, "scan", "files", "--columns", "nme")).contains("no column 'nme'");
        assertThat(fails(2, "scan", "files", "--limit", "0")).contains("expected: >= 1");
        assertThat(fails(2, "scan", "files", "--prefix", "a,b,c")).contains("(dir, name)");
        assertThat(fails(2, "get", "files", "/etc")).contains("2 values wanted, 1 given");
        assertThat(fails(2, "put", "files", "dir=/etc", "name=a", "size=big")).contains("'big' is not of type INT64");
        assertThat(fails(2, "put", "files", "dir=/etc")).contains("name missing");
        assertThat(fails(2, "update", "files", "/etc", "a")).contains("nothing to change");
        assertThat(fails(2, "update", "files", "/etc", "a", "--increment", "owner=1"))
                .contains("STRING");
        assertThat(fails(2, "status", "--timeout", "10")).contains("500ms");
        assertThat(fails(2, "import", "files", "/no/such/file")).contains("no such file");
        assertThat(fails(2, "table", "create", "t", "--column", "a:INT")).contains("INT64");
        assertThat(fails(2, "table", "create", "t", "--column", "a:INT64")).contains("--key");
        assertThat(fails(2, "table")).contains("create, alter, drop, describe, list");
        assertThat(fails(2, "status", "--config", "/no/such/file")).contains("--config");
    }

    @Test
    void aConditionThatIsWrongIsShownWithItsPlace() {
        createFiles();
        assertThat(fails(2, "scan", "files", "--where", "size > 5 AND nme = 'a'"))
                .isEqualTo(
                        "mds: --where: table 'files' has no column 'nme' (it has: dir, name, size, owner) at position 14\n"
                                + "  size > 5 AND nme = 'a'\n"
                                + "               ^");
    }

    @Test
    void failuresHaveTheirCodes() {
        createFiles();
        assertThat(fails(3, "get", "files", "/etc", "none")).startsWith("mds: no row");
        assertThat(fails(3, "scan", "none"))
                .isEqualTo("mds: there is no table 'none' ('mds table list' shows those there are)");
        assertThat(fails(3, "table", "drop", "none")).contains("no table");
        assertThat(ok("table", "drop", "none", "--if-exists")).contains("no table");
        assertThat(fails(1, "put", "files", "dir=a", "name=b", "--if-version", "7"))
                .contains("version 7");
        createFilesAgainFails();
        for (ErrorCode code : new ErrorCode[] {ErrorCode.UNAVAILABLE, ErrorCode.DEADLINE_EXCEEDED}) {
            cluster.failWith(MdsException.of(code, "no master answers:\n  a\n  b"));
            assertThat(fails(4, "status")).isEqualTo("mds: no master answers: a; b");
        }
        cluster.failWith(MdsException.builder(ErrorCode.UNAVAILABLE, "gone")
                .outcomeUnknown()
                .build());
        assertThat(fails(4, "status", "--json"))
                .isEqualTo("{\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\"gone\",\"retryable\":true,"
                        + "\"outcome_unknown\":true,\"exit_code\":4}}");
        assertThat(fails(2, "status", "--json", "--nope")).startsWith("{\"error\":{\"code\":\"USAGE\"");
    }

    @Test
    void readsTellHowOldTheyAreWhenTheyMayBeOld() {
        createFiles();
        ok("put", "files", "dir=/a", "name=x", "size=5");
        Result got = run("get", "files", "/a", "x", "--consistency", "eventual");
        assertThat(got.err()).isEqualTo("at most 12 ms old\n");
        assertThat(got.out()).startsWith("dir");
        assertThat(ok("get", "files", "/a", "x", "--consistency", "bounded:500ms", "--json"))
                .startsWith("{\"version\":0,\"staleness_ms\":12,\"row\":{");
        assertThat(ok("count", "files", "--consistency", "session", "--json"))
                .isEqualTo("{\"rows\":1,\"staleness_ms\":null}\n");
        assertThat(run("count", "files", "--consistency", "session").err()).contains("does not know how old");
        assertThat(run("scan", "files", "--json", "--consistency", "eventual").err())
                .isEqualTo("{\"staleness_ms\":12}\n");
        assertThat(run("scan", "files", "--consistency", "strong").err()).isEmpty();
        assertThat(fails(2, "get", "files", "/a", "x", "--consistency", "weak")).contains("bounded:500ms");
        assertThat(fails(2, "scan", "files", "--consistency", "bounded:0ms")).contains("PT0.001S");
    }

    @Test
    void operatorsMoveLeadersAndReplicas() {
        assertThat(ok("shard", "transfer-leader", "5")).isEqualTo("region 2 leads shard 5\n");
        assertThat(ok("shard", "transfer-leader", "5", "--to", "3", "--json"))
                .isEqualTo("{\"shard\":5,\"leader\":3}\n");
        assertThat(ok("shard", "move", "5", "--from", "1", "--to", "4"))
                .isEqualTo("shard 5 moves from region 1 to region 4\n");
        assertThat(cluster.operations()).containsExactly("lead 5 by 2", "lead 5 by 3", "move 5 from 1 to 4");
        assertThat(fails(2, "shard", "move", "5", "--from", "1")).contains("--to");
        assertThat(fails(2, "shard", "transfer-leader", "five")).contains("five");
        assertThat(fails(2, "shard", "transfer-leader", "0")).contains("shard id: 0");
        assertThat(fails(2, "shard")).contains("transfer-leader, move");
        assertThat(fails(2, "region")).contains("drain");
    }

    @Test
    void aDrainIsFollowedToItsEnd() {
        assertThat(ok("region", "drain", "2")).isEqualTo("region 2: 2 leaders left\n");
        Result result = run("region", "drain", "2", "--replicas", "--wait");
        assertThat(result.out()).isEqualTo("region 2: drained\n");
        assertThat(result.err()).isEqualTo("1 leader and 2 replicas left\n");
        assertThat(ok("regions")).contains("live, to be emptied\n");
        assertThat(ok("region", "drain", "2", "--json"))
                .isEqualTo("{\"region\":2,\"drained\":true,\"leaders_left\":0,\"replicas_left\":0,"
                        + "\"leaders_stuck\":0,\"replicas_stuck\":0,\"needed\":0}\n");
        assertThat(ok("regions")).contains("live, drained\n");
        assertThat(ok("status")).contains("regions  1 live, 1 drained\n");
        assertThat(ok("regions", "--json")).contains("\"state\":\"LIVE\",\"drain\":\"leaders\",");
        assertThat(ok("region", "drain", "2", "--cancel")).isEqualTo("region 2 takes shards again\n");
        assertThat(ok("regions")).contains("live\n");
        assertThat(fails(2, "region", "drain", "2", "--cancel", "--wait")).contains("--cancel does not go");
    }

    private void createFilesAgainFails() {
        assertThat(fails(1, "table", "create", "files", "a INT64, PRIMARY KEY (a)"))
                .contains("exists");
    }

    @Test
    void theClusterIsShown() {
        createFiles();
        assertThat(ok("status"))
                .isEqualTo("cluster  c-1\nepoch    3\nmasters  1, active: master-1 at 127.0.0.1:7400\nregions  1 live\n"
                        + "tables   1\nshards   1, all available, 1 failed replica\n");
        assertThat(ok("status", "--json"))
                .startsWith("{\"cluster_id\":\"c-1\",\"epoch\":3,\"tables\":1,\"shards\":1,\"unavailable_shards\":0,"
                        + "\"failed_replicas\":1,");
        assertThat(ok("masters")).contains("127.0.0.1:7400").contains("active");
        assertThat(ok("regions")).contains("2.0 KiB").contains("live");
        assertThat(ok("shards", "files"))
                .contains("region 1 at 127.0.0.1:7500")
                .contains("serving")
                .contains("1 @9")
                .contains("3 @4 failed");
        assertThat(ok("shards", "--json"))
                .contains("\"learners\":[3]")
                .contains("{\"region\":2,\"role\":\"follower\",\"view\":2,\"applied_index\":8,\"last_index\":9,"
                        + "\"failed\":false}");
        assertThat(fails(3, "shards", "none")).contains("no table");
        assertThat(ok("table", "list")).isEqualTo("TABLE  COLUMNS  SHARDS  STATE\nfiles        4       6  active\n");
        assertThat(ok("table", "describe", "files"))
                .contains("primary key    dir, name")
                .contains("partitioned by dir");
        assertThat(ok("table", "describe", "files", "--json")).contains("\"primary_key\":[\"dir\",\"name\"]");
    }

    @Test
    void everyCommandHasHelpAndTheRootListsThemAll() {
        String help = ok("--help");
        for (String command : MdsCommand.allCommands(new Session(
                        Session.Streams.plain(System.in, System.out, System.err), environment, null, options -> null))
                .getSubcommands()
                .keySet()) {
            assertThat(help).contains(command);
            if (!command.equals("help")) {
                assertThat(ok(command, "--help")).contains("Usage: mds " + command);
            }
        }
        assertThat(ok("table", "create", "--help")).contains("--partition").contains("--connect");
        assertThat(ok("help", "scan")).contains("--where").contains("'abc%'");
        assertThat(ok("--version")).startsWith("mds ");
        assertThat(connections).isEmpty();
    }

    @Test
    void theCommandLineIsStrongerThanTheEnvironmentAndThatThanTheDefault() {
        ok("status");
        environment.put("MDS_CONNECT", "mds://from-environment:7400");
        ok("status");
        ok("status", "--connect", "mds://after:7400", "--timeout", "500ms");
        ok("--connect", "mds://before:7400", "status");
        assertThat(connections)
                .extracting(options -> options.connect())
                .containsExactly(
                        "zk://127.0.0.1:2181/mds",
                        "mds://from-environment:7400",
                        "mds://after:7400",
                        "mds://before:7400");
        assertThat(connections.get(2).timeout()).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void negativeNumbersAreValuesAfterTwoDashes(@TempDir Path dir) throws Exception {
        ok("table", "create", "numbers", "n INT64, PRIMARY KEY (n)");
        ok("put", "numbers", "n=-5");
        assertThat(ok("get", "numbers", "--", "-5")).contains("-5");
        Path csv = Files.writeString(dir.resolve("n.csv"), "n\n-6\n");
        ok("import", "numbers", csv.toString());
        assertThat(ok("count", "numbers")).isEqualTo("2\n");
    }

    private void createFiles() {
        ok(
                "table",
                "create",
                "files",
                "--column",
                "dir:STRING",
                "--column",
                "name:STRING",
                "--column",
                "size:INT64?",
                "--column",
                "owner:STRING?",
                "--key",
                "dir,name",
                "--partition",
                "dir",
                "--shards",
                "6",
                "--if-not-exists");
    }

    @Test
    void doctorSaysWhichMasterHasOtherMetadataAndTellsScriptsByTheExitCode() {
        MasterDigest one = new MasterDigest("m1", "a:1", true, Optional.of("d1"), 7, "");
        cluster.mastersHave(one, new MasterDigest("m2", "b:2", false, Optional.of("d1"), 7, ""));
        assertThat(ok("doctor"))
                .isEqualTo("m1 at a:1 (active): digest d1 of 7 records\n"
                        + "m2 at b:2 (standby): digest d1 of 7 records\n"
                        + "2 masters at entry 42: equal\n");
        cluster.mastersHave(one, new MasterDigest("m2", "b:2", false, Optional.empty(), 0, "no answer"));
        Result incomplete = run("doctor");
        assertThat(incomplete.code()).isEqualTo(4);
        assertThat(incomplete.out()).contains("m2 at b:2 (standby): not compared: no answer\n");
        cluster.mastersHave(one, new MasterDigest("m2", "b:2", false, Optional.of("d2"), 8, ""));
        Result different = run("doctor");
        assertThat(different.code()).isEqualTo(1);
        assertThat(different.out())
                .contains("m2 at b:2 (standby): digest d2 of 8 records, differs from the active master's\n")
                .endsWith("2 masters at entry 42: 1 different\n");
        assertThat(run("doctor", "--json").out()).contains("\"sequence\":42,\"equal\":false,\"masters\":[");
    }

    @Test
    void verifyNamesWhatDiffersAndTellsScriptsByTheExitCode() {
        createFiles();
        RegionId one = new RegionId(1);
        RegionId two = new RegionId(2);
        ShardVerification equal =
                new ShardVerification(new ShardId(5), Optional.of(one), 9, 40, List.of(one, two), List.of(), List.of());
        cluster.willFind(equal);
        assertThat(ok("verify", "files")).isEqualTo("1 table, 1 shard: 1 equal (40 rows, 2 replicas compared)\n");
        assertThat(ok("verify")).startsWith("1 table, 1 shard");
        ShardVerification.NotCompared away = new ShardVerification.NotCompared(two, "could not be reached");
        cluster.willFind(
                equal,
                new ShardVerification(new ShardId(6), Optional.of(one), 7, 2, List.of(one), List.of(), List.of(away)));
        Result incomplete = run("verify", "files");
        assertThat(incomplete.code()).isEqualTo(4);
        assertThat(incomplete.out())
                .isEqualTo("files shard 6: region 2 not compared: could not be reached\n"
                        + "1 table, 2 shards: 1 not compared, 1 equal (42 rows, 3 replicas compared)\n");
        cluster.willFind(new ShardVerification(
                new ShardId(7),
                Optional.of(one),
                11,
                9,
                List.of(one),
                List.of(new ShardVerification.DifferentRange(
                        two, Optional.of(Key.of("/a", "b")), Optional.empty(), 3, 4)),
                List.of()));
        Result different = run("verify", "files");
        assertThat(different.code()).isEqualTo(1);
        assertThat(different.out())
                .startsWith("files shard 7: region 2 differs from region 1 in the keys from ('/a', 'b'): 3 rows,"
                        + " the leader 4 (at index 11)\n");
        assertThat(run("verify", "files", "--json").out())
                .contains("\"differences\":[{\"region\":2,\"from\":[\"/a\",\"b\"],\"to\":null,\"rows\":3,");
    }

    @Test
    void watchShowsChangesAndATokenToGoOnWith() {
        createFiles();
        ok("put", "files", "dir=/etc", "name=a\nb", "size=5");
        assertThat(ok("watch", "files"))
                .isEqualTo("2023-11-14T22:13:20Z  5@0  put    dir=/etc name=a\\nb size=5 owner=NULL\n"
                        + "2023-11-14T22:13:21Z  5@1  delete dir=/etc name=a\\nb\n"
                        + "go on with --from w1.after-2\n");
        assertThat(ok("watch", "files", "--json", "--limit", "1"))
                .isEqualTo("{\"shard\":5,\"version\":0,\"time\":\"2023-11-14T22:13:20Z\","
                        + "\"key\":{\"dir\":\"/etc\",\"name\":\"a\\nb\"},"
                        + "\"row\":{\"dir\":\"/etc\",\"name\":\"a\\nb\",\"size\":5,\"owner\":null}}\n"
                        + "{\"token\":\"w1.after-1\"}\n");
        assertThat(fails(2, "watch", "files", "--from", "s1.AAAA")).contains("--from: watch token: it does not begin");
        assertThat(fails(2, "watch", "files", "--limit", "0")).contains("expected: >= 1");
        assertThat(fails(3, "watch", "nothing")).contains("no table 'nothing'");
    }
}
