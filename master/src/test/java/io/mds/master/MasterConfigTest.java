package io.mds.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mds.config.ConfigException;
import io.mds.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MasterConfigTest {
    private static MasterConfig config(String... overrides) {
        return MasterConfig.from(MasterMain.settings(List.of(overrides)));
    }

    @Test
    void theReferenceIsAValidConfiguration() {
        MasterConfig config = config();
        assertThat(config.sessionTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.regionDeadAfter()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.bind()).hasToString("127.0.0.1:7400");
    }

    @Test
    void theShippedFileIsAValidConfiguration() {
        Settings settings =
                Settings.load(Path.of("../config/master.conf"), List.of(), Map.of(), "io/mds/master/reference.conf");
        assertThat(MasterConfig.from(settings).aclSecret()).isEmpty();
    }

    @Test
    void allProblemsAreToldTogether() {
        assertThatThrownBy(() -> config(
                        "zookeeper.root=mds/",
                        "master.id=a/b",
                        "master.region-dead-after=10s",
                        "zookeeper.acl=digest",
                        "master.heartbeat-intervall=5s"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll(
                        "zookeeper.root: 'mds/' (--set; ",
                        "master.id: 'a/b' (--set; ",
                        "master.region-dead-after: '10s' (--set; expected: at least three times"
                                + " master.heartbeat-interval, which is '5s' by default)",
                        "zookeeper.secret: '' (default; expected: the secret of the masters with zookeeper.acl, which is"
                                + " 'digest' (--set))",
                        "did you mean master.heartbeat-interval?");
    }

    @Test
    void aMasterNeedsZooKeeper() {
        assertThatThrownBy(() -> config("zookeeper.connect="))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("zookeeper.connect: '' (--set; expected: host:port of each ZooKeeper server");
    }

    @Test
    void aSecretThatIsRefusedIsNotPrintedEither() {
        assertThatThrownBy(() -> config("zookeeper.secret=not to be seen"))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "zookeeper.secret: *** (--set; expected: none with zookeeper.acl, which is 'open' by default)");
    }

    @Test
    void theSecretIsNotPrinted() {
        assertThat(config("zookeeper.acl=digest", "zookeeper.secret=not to be seen"))
                .asString()
                .contains("acl=digest")
                .doesNotContain("not to be seen");
    }
}
