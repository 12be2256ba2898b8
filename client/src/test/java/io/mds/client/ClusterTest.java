package io.mds.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mds.client.testing.TestingCluster;
import io.mds.error.MdsException;
import io.mds.proto.ErrorCode;
import io.mds.table.ColumnType;
import io.mds.table.TableSchema;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Two masters and three regions in memory, a client, and a table of files over four shards. */
abstract class ClusterTest {
    static final TableSchema FILES = TableSchema.named("files")
            .column("dir", ColumnType.STRING)
            .column("name", ColumnType.STRING)
            .column("size", ColumnType.INT64)
            .nullableColumn("owner", ColumnType.STRING)
            .primaryKey("dir", "name")
            .partitionBy("dir")
            .shards(4)
            .replicas(1)
            .build();

    /** For a client that meets silence: it gives up soon. On a machine that stands still others would be given up, too. */
    static final Duration IMPATIENT = Duration.ofMillis(500);

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    TestingCluster cluster;
    MdsClient mds;
    Table files;

    @BeforeEach
    void startCluster() {
        cluster = new TestingCluster(2, 3);
        mds = MdsClient.connect(options().build());
        mds.createTable(FILES);
        files = mds.table("files");
    }

    @AfterEach
    void stopCluster() {
        mds.close();
        cluster.close();
    }

    MdsClientOptions.Builder options() {
        return MdsClientOptions.builder(cluster.uri())
                .backoff(Duration.ofMillis(5), Duration.ofMillis(50))
                .timeout(TIMEOUT)
                .attemptTimeout(TIMEOUT);
    }

    static Row file(String dir, String name, long size) {
        return Row.of("dir", dir, "name", name, "size", size, "owner", "root");
    }

    static MdsException failure(ThrowingCallable call) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).isInstanceOf(MdsException.class);
        return (MdsException) thrown;
    }

    static void assertFails(ErrorCode code, String message, ThrowingCallable call) {
        MdsException e = failure(call);
        assertThat(e.code()).as(e.toString()).isEqualTo(code);
        assertThat(e).hasMessageContaining(message);
    }
}
